import { createHash } from "node:crypto"
import { type Event, properties } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import type { BrazeEvent } from "@millrace/events-braze"
import { present } from "@millrace/events-braze/Values"
import * as Result from "effect/Result"
import type { FeedName } from "../Credentials.ts"
import * as Limits from "../Limits.ts"
import type { Settings } from "../Settings.ts"
import type { Attributes, EventData, MParticleBatch, MParticleEvent } from "./batch.ts"
import { type Head, isTold, makeHead, together } from "./head.ts"
import { type Plan, planner } from "./plan.ts"
import { cut, isTooLong, toText } from "./values.ts"

export interface Mapper {
  readonly head: (event: Event, lane: string) => Head
  readonly prepare: (
    events: readonly [BrazeEvent, ...ReadonlyArray<BrazeEvent>],
    lane: string
  ) => Result.Result<Message.Message, Rejected>
}

export const mapper = (settings: Settings, feedOfLane: ReadonlyMap<string, FeedName>): Mapper => {
  const { environment, identity } = settings
  const planOf = planner(settings)
  const headOf = (event: Event, lane: string) =>
    makeHead(event, planOf(event.type), identity, feedOfLane.get(lane))
  return {
    head: headOf,
    prepare: (events, lane) => {
      const first = events[0]
      let head = headOf(first, lane)
      for (let i = 1; i < events.length; i++) {
        const both = together(head, headOf(events[i]!, lane))
        // The core halves a message of several events that is rejected, until the parts agree.
        if (both === undefined) return mixed
        head = both
      }
      const mapped: Array<MParticleEvent> = []
      for (const event of events) {
        if (!isTime(event.time)) return badTime
        mapped.push(mapEvent(event, planOf(event.type), head))
      }
      const id = events.length === 1 ? first.id : idOf(events)
      const batch: MParticleBatch = { environment, source_request_id: id, events: mapped }
      if (head.identities !== undefined) batch.user_identities = head.identities
      if (head.mobile !== undefined) batch.user_attributes = { $mobile: head.mobile }
      if (head.device !== undefined) batch.device_info = head.device
      return Result.succeed(Message.json(id, batch))
    }
  }
}

const mixed = Result.fail(rejected("mixed-heads", "the events tell different things of one user or device"))

const isTime = (time: number) => time >= Limits.time.first && time <= Limits.time.last

const badTime = Result.fail(rejected("bad-time", "the event's time is not between 2001-09-09 and 2286-11-20"))

/** The same for the same events in the same order, whatever the feed. */
const idOf = (events: ReadonlyArray<Event>): string =>
  createHash("sha256")
    .update(JSON.stringify(events.map(({ id }) => id)))
    .digest("hex")
    .slice(0, 32)

const mapEvent = (event: Event, plan: Plan, head: Head): MParticleEvent => {
  const custom_attributes = plan.everything
    ? allAttributes(event, plan, head)
    : documentedAttributes(event, plan)
  const timestamp_unixtime_ms = Math.round(event.time)
  const source_message_id = event.id
  const data: EventData =
    plan.eventType === "custom_event"
      ? {
          event_name: plan.eventName,
          custom_event_type: "other",
          timestamp_unixtime_ms,
          source_message_id,
          custom_attributes
        }
      : { timestamp_unixtime_ms, source_message_id, custom_attributes }
  return { event_type: plan.eventType, data }
}

const documentedAttributes = (event: Event, plan: Plan): Attributes => {
  const attributes: Attributes = {}
  const values = properties(event)
  for (const { field, name } of plan.fields) {
    const value = attributeOf(event, field, values)
    if (value !== undefined) attributes[name] = isTooLong(value) ? cut(value, Limits.value) : value
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

/** The attribute that names the fields which were cut or left out for the sake of a limit. */
const truncated = "millrace_truncated"

const allAttributes = (event: Event, plan: Plan, head: Head): Attributes => {
  // Without a prototype, a field named `__proto__` is a field like any other.
  const attributes: Attributes = Object.create(null)
  const shortened: Array<string> = []
  let count = 0
  const put = (field: string, value: string | undefined) => {
    const given = plan.renamed.get(field)
    if (value === undefined || given === null) return
    const name = cut(given ?? field, Limits.name)
    // The last place is kept for the list of what was shortened.
    if (name === "" || (!(name in attributes) && ++count >= Limits.attributes)) shortened.push(field)
    else if (isTooLong(value)) {
      attributes[name] = cut(value, Limits.value)
      shortened.push(field)
    } else attributes[name] = value
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
    if (!isNeverSent && !isTold(field, value, head, plan)) put(field, toText(value))
  }
  if (plan.extended && shortened.length > 0) attributes[truncated] = cut(shortened.join(","), Limits.value)
  return attributes
}
