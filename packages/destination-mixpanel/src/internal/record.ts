import { createHash } from "node:crypto"
import { type Event, properties } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import { typeNames } from "@millrace/events-braze/Braze"
import * as EventNames from "@millrace/events-braze/EventNames"
import * as Named from "@millrace/events-braze/Named"
import { present, toJson } from "@millrace/events-braze/Values"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import * as Limits from "../Limits.ts"
import type { Settings } from "../Settings.ts"

type Properties = { [name: string]: unknown }

type Values = { readonly [field: string]: unknown }

const custom = "users.behaviors.CustomEvent"

export const recorder = ({
  identity,
  names
}: Settings): ((event: Event) => Result.Result<Message.Message, Rejected>) => {
  const given = Named.byType(names)
  return (event) => {
    if (!isTime(event.time)) return badTime
    const values = properties(event)
    const name = given.get(event.type)
    const id = insertIdOf(event.id)
    const isBraze = typeNames.has(event.type)
    const found = isBraze ? propertiesOf(event, values, name === undefined) : Named.properties(event)
    // Last, so that no field of an event takes the place of what Mixpanel knows it by.
    found["time"] = Math.round(event.time)
    found["distinct_id"] = event.user[identity.user] ?? ""
    found["$insert_id"] = id
    if (isBraze) found["$partner_id"] = "braze"
    return Result.succeed(Message.json(id, { event: name ?? nameOf(event.type, values), properties: found }))
  }
}

const isTime = (time: number) => time >= Limits.time.first && time <= Limits.time.last

const badTime = Result.fail(rejected("bad-time", "the event's time is not between 2001-09-09 and 2286-11-20"))

const isInsertId = /^[\da-z-]+$/i

const insertIdOf = (id: string): string =>
  id.length <= Limits.insertId && isInsertId.test(id)
    ? id
    : createHash("sha256").update(id).digest("hex").slice(0, Limits.insertId)

// Each of Braze's types has a name, and no other is assigned to a lane without one.
const nameOf = (type: string, { name }: Values): string =>
  type === custom && present(name) ? `[Braze Custom Event] ${name}` : EventNames.names.get(type)!

const propertiesOf = (event: Event, values: Values, isNamed: boolean): Properties => {
  // Without a prototype, a field named `__proto__` is a field like any other.
  const found: Properties = Object.create(null)
  const put = (field: string, value: unknown) => {
    const kept = toJson(value)
    if (kept !== undefined) found[field] = kept
  }
  put("device_id", event.user.deviceId)
  for (const field in values) {
    const value = values[field]
    const before = prefixes.get(field)
    if (before !== undefined && isObject(value)) {
      for (const own in value) put(before + own, value[own])
    } else if (!isTold(event.type, field, value, isNamed)) put(renamed.get(field) ?? field, value)
  }
  return found
}

/** What Braze puts before the names of an event's own properties. */
const prefixes: ReadonlyMap<string, string> = new Map([
  ["custom_properties", "[Custom event property] "],
  ["purchase_properties", "[Purchase property] "]
])

/** Braze's names for the fields that it renames; that `$os` is the version is its own reading. */
const renamed: ReadonlyMap<string, string> = new Map([
  ["content_card_id", "card_id"],
  ["device_model", "$device"],
  ["os_version", "$os"]
])

/**
 * Whether a field is no property: it stands elsewhere in the event, or Braze's connector never sends it. `isNamed`: a
 * custom event's name is that of the event.
 */
const isTold = (type: string, field: string, value: unknown, isNamed: boolean): boolean => {
  switch (field) {
    case "name":
      return type === custom && isNamed && present(value)
    case "canvas_step_message_variation_id":
    case "sending_ip":
      return true
    case "phone_number":
      return type === "users.behaviors.subscriptiongroup.StateChange"
    default:
      return false
  }
}
