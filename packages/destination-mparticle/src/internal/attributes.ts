import { type Event, properties } from "@millrace/core/Event"
import { present } from "@millrace/events-braze/Values"
import { isObject } from "effect/Predicate"
import * as Limits from "../Limits.ts"
import type { Attributes } from "./batch.ts"
import { type Head, isTold } from "./head.ts"
import type { Plan } from "./plan.ts"
import { cut, isTooLong, toText } from "./values.ts"

export const documentedAttributes = (event: Event, { fields, inOrder }: Plan): Attributes => {
  const attributes: Attributes = {}
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined) attributes[name] = isTooLong(value) ? cut(value, Limits.value) : value
  }
  const values = properties(event)
  for (const { field, name } of inOrder) put(name, attributeOf(event, field, values))
  // The event's own fields rather than the documented ones, as in `headFields`.
  for (const field in values) {
    const name = fields.get(field)
    if (name !== undefined) put(name, toText(values[field]))
  }
  return attributes
}

const attributeOf = (
  event: Event,
  field: string,
  values: { readonly [field: string]: unknown }
): string | undefined => {
  if (field === "source_request_id") return event.id
  if (field === "device_id") return present(event.user.deviceId) ? event.user.deviceId : undefined
  return toText(values[field])
}

/** The attribute that names the fields which were cut, named otherwise or left out for the sake of a limit. */
const truncated = "millrace_truncated"

/** All that the event's own head does not tell, nor the event's shape: `told` are the fields that it does. */
export const allAttributes = (
  event: Event,
  plan: Plan,
  head: Head,
  told: ReadonlyArray<string>
): Attributes => {
  // Without a prototype, a field named `__proto__` is a field like any other.
  const attributes: Attributes = Object.create(null)
  const shortened: Array<string> = []
  let count = 0
  const put = (field: string, value: string | undefined) => {
    const given = plan.renamed.get(field)
    if (value === undefined || given === null) return
    const whole = given ?? field
    // The last place is kept for the list of what was shortened.
    if (whole === "" || ++count >= Limits.attributes) {
      shortened.push(field)
      return
    }
    const name = freeName(whole, attributes)
    const isLong = isTooLong(value)
    attributes[name] = isLong ? cut(value, Limits.value) : value
    if (isLong || name !== whole) shortened.push(field)
  }
  const { deviceId, sourceId, timezone } = event.user
  put("source_request_id", event.id)
  if (present(deviceId)) put("device_id", deviceId)
  if (plan.extended) {
    put("braze_event_type", event.type)
    if (present(sourceId)) put("user_id", sourceId)
    if (present(timezone)) put("timezone", timezone)
  }
  const values = properties(event)
  for (const field in values) {
    const value = values[field]
    const isNeverSent = !plan.extended && (field === "os_version" || Array.isArray(value))
    const isElsewhere = (told.length > 0 && told.includes(field)) || (field === plan.own && isObject(value))
    if (!isNeverSent && !isElsewhere && !isTold(field, value, head, plan)) put(field, toText(value))
  }
  // Last, so that Braze's own fields keep their names.
  const own = plan.own === undefined ? undefined : values[plan.own]
  if (isObject(own)) for (const name in own) put(name, toText(own[name]))
  if (plan.extended && shortened.length > 0) attributes[truncated] = listed(shortened)
  return attributes
}

/** The name, cut to its limit; with a number where another field has it already. */
const freeName = (whole: string, attributes: Attributes): string => {
  const name = whole.length > Limits.name ? cut(whole, Limits.name) : whole
  if (!(name in attributes) && name !== truncated) return name
  for (let number = 2; ; number++) {
    const mark = `~${number}`
    const other = cut(whole, Limits.name - mark.length) + mark
    if (!(other in attributes)) return other
  }
}

/** One endless name must not hide the others. */
const listed = (fields: ReadonlyArray<string>): string =>
  cut(fields.map((field) => cut(field, 2 * Limits.name)).join(","), Limits.value)
