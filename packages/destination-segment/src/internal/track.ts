import { createHash } from "node:crypto"
import { type Event, properties } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import { typeNames } from "@millrace/events-braze/Braze"
import * as Named from "@millrace/events-braze/Named"
import { present, toJson } from "@millrace/events-braze/Values"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import * as EventNames from "../EventNames.ts"
import * as Limits from "../Limits.ts"
import type { Settings } from "../Settings.ts"

/** A `track` call, as far as we fill it, in the words of Segment's specification. */
interface Track {
  readonly type: "track"
  readonly event: string
  readonly messageId: string
  readonly timestamp: string
  userId?: string
  anonymousId?: string
  context?: Context
  readonly properties: Properties
}

interface Context {
  device?: { model?: string; type?: string }
  traits?: { email?: string; phone?: string }
}

type Properties = { [name: string]: unknown }

type Values = { readonly [field: string]: unknown }

export const tracker = ({
  identity,
  names
}: Settings): ((event: Event) => Result.Result<Message.Message, Rejected>) => {
  const given = Named.byType(names)
  return (event) => {
    if (!isTime(event.time)) return badTime
    const values = properties(event)
    const isBraze = typeNames.has(event.type)
    const context = isBraze ? contextOf(event.type, values) : undefined
    const id = messageIdOf(event.id)
    const track: Track = {
      type: "track",
      event: given.get(event.type) ?? nameOf(event.type, values),
      messageId: id,
      timestamp: new Date(event.time).toISOString(),
      properties: isBraze ? propertiesOf(event, values, context) : Named.properties(event)
    }
    const userId = event.user[identity.user]
    if (present(userId)) track.userId = userId
    if (present(event.user.sourceId)) track.anonymousId = event.user.sourceId
    if (context !== undefined) track.context = context
    return Result.succeed(Message.json(id, track))
  }
}

const isTime = (time: number) => time >= Limits.time.first && time <= Limits.time.last

const badTime = Result.fail(rejected("bad-time", "the event's time is not between 2001-09-09 and 2286-11-20"))

const messageIdOf = (id: string): string =>
  id.length <= Limits.messageId ? id : createHash("sha256").update(id).digest("hex")

// Each of Braze's types has a name, and no other is assigned to a lane without one.
const nameOf = (type: string, { name }: Values): string =>
  type === "users.behaviors.CustomEvent" && present(name) ? name : EventNames.names.get(type)!

/** These types have no `device_model`: Braze sends their platform as a property, that of all others in the context. */
const platformAsProperty = new Set([
  "users.behaviors.pushnotification.TokenStateChange",
  "users.messages.pushnotification.Abort",
  "users.messages.pushnotification.Bounce",
  "users.messages.pushnotification.Retry",
  "users.messages.pushnotification.Send"
])

const contextOf = (type: string, values: Values): Context | undefined => {
  const { device_model, email_address, platform, to_phone_number, user_phone_number } = values
  const model = present(device_model) ? device_model : undefined
  const kind = present(platform) && !platformAsProperty.has(type) ? platform : undefined
  const email = present(email_address) ? email_address : undefined
  const phone = [to_phone_number, user_phone_number].find(present)
  const context: Context = {}
  if (model !== undefined || kind !== undefined) {
    context.device = {}
    if (model !== undefined) context.device.model = model
    if (kind !== undefined) context.device.type = kind
  }
  if (email !== undefined || phone !== undefined) {
    context.traits = {}
    if (email !== undefined) context.traits.email = email
    if (phone !== undefined) context.traits.phone = phone
  }
  return context.device === undefined && context.traits === undefined ? undefined : context
}

const propertiesOf = (event: Event, values: Values, context: Context | undefined): Properties => {
  // Without a prototype, a field named `__proto__` is a field like any other.
  const found: Properties = Object.create(null)
  const put = (name: string, value: unknown) => {
    const kept = toJson(value)
    if (kept !== undefined) found[name] = kept
  }
  // The event's own properties come first: where they have a name of Braze's, Braze's field stands.
  for (const own of [values["custom_properties"], values["purchase_properties"]]) {
    if (isObject(own)) for (const name in own) put(name, own[name])
  }
  if (present(event.user.deviceId)) found["device_id"] = event.user.deviceId
  for (const field in values) {
    const value = values[field]
    if (!isTold(event.type, field, value, context)) put(nameOfField(event.type, field), value)
  }
  return found
}

/** Braze's names for the fields that it renames. */
const nameOfField = (type: string, field: string): string =>
  field === "content_card_id"
    ? "card_id"
    : field === "url" && type === "users.messages.email.Click"
      ? "link_url"
      : field

/** Whether a field is no property: it stands elsewhere in the call, or Braze's connector never sends it. */
const isTold = (type: string, field: string, value: unknown, context: Context | undefined): boolean => {
  switch (field) {
    case "device_model":
      return context?.device?.model === value
    case "platform":
      return context?.device?.type === value
    case "email_address":
      return context?.traits?.email === value
    case "to_phone_number":
    case "user_phone_number":
      return context?.traits?.phone === value
    case "custom_properties":
    case "purchase_properties":
      return isObject(value)
    case "canvas_step_message_variation_id":
    case "os_version":
    case "sending_ip":
      return true
    case "phone_number":
      return type === "users.behaviors.subscriptiongroup.StateChange"
    default:
      return false
  }
}
