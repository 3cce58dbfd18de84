import { type Event, properties } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import { typeNames } from "@millrace/events-braze/Braze"
import * as EventNames from "@millrace/events-braze/EventNames"
import * as Named from "@millrace/events-braze/Named"
import { allToJson, present, toJson } from "@millrace/events-braze/Values"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import * as Limits from "../Limits.ts"
import type { Settings } from "../Settings.ts"

/** An event of an upload, as far as we fill it, in the words of Amplitude's API. */
interface Upload {
  user_id?: string
  device_id?: string
  readonly event_type: string
  readonly time: number
  readonly insert_id: string
  /** Absent for an event of another catalogue. */
  readonly library: "Braze" | undefined
  adid?: string
  idfa?: string
  price?: number
  productId?: string
  readonly event_properties: Properties
}

type Properties = { [name: string]: unknown }

type Values = { readonly [field: string]: unknown }

const custom = "users.behaviors.CustomEvent"
const purchase = "users.behaviors.Purchase"

export const uploader = (
  settings: Settings
): ((event: Event) => Result.Result<Message.Message, Rejected>) => {
  const { identity, minIdLength = Limits.idLength, names, prefix } = settings
  const given = Named.byType(names)
  const before = prefix === "" ? "" : `${prefix} `
  return (event) => {
    if (!isTime(event.time)) return badTime
    const { deviceId } = event.user
    const userId = event.user[identity.user]
    if (present(userId) ? userId.length < minIdLength : (deviceId?.length ?? 0) < minIdLength) {
      return shortId(minIdLength)
    }
    const values = properties(event)
    const name = given.get(event.type)
    const isBraze = typeNames.has(event.type)
    const upload: Upload = {
      event_type: name ?? before + nameOf(event.type, values),
      time: Math.round(event.time),
      insert_id: event.id,
      library: isBraze ? "Braze" : undefined,
      event_properties: isBraze ? propertiesOf(event, values, name === undefined) : allToJson(values)
    }
    if (present(userId)) upload.user_id = userId
    if (present(deviceId)) upload.device_id = deviceId
    if (isBraze) putAdId(upload, values)
    if (event.type === purchase) putRevenue(upload, values)
    return Result.succeed(Message.json(event.id, upload))
  }
}

const isTime = (time: number) => time >= Limits.time.first && time <= Limits.time.last

const badTime = Result.fail(rejected("bad-time", "the event's time is not between 2001-09-09 and 2286-11-20"))

/** Amplitude drops a short id from the event without a word, which would be nobody's then. */
const shortId = (length: number) =>
  Result.fail(rejected("short-id", `the id has fewer than ${length} characters; lower minIdLength`))

// Each of Braze's types has a name, and no other is assigned to a lane without one.
const nameOf = (type: string, { name }: Values): string =>
  type === custom && present(name) ? `[Custom Event] ${name}` : EventNames.names.get(type)!

/** The id of all who opted out. */
const nil = "00000000-0000-0000-0000-000000000000"

const putAdId = (upload: Upload, { ad_id, ad_id_type }: Values): void => {
  if (!present(ad_id) || ad_id === nil) return
  if (ad_id_type === "ios_idfa") upload.idfa = ad_id
  else if (ad_id_type === "google_ad_id") upload.adid = ad_id
}

const putRevenue = (upload: Upload, { price, product_id }: Values): void => {
  if (typeof price === "number" && Number.isFinite(price)) upload.price = price
  if (present(product_id)) upload.productId = product_id
}

const propertiesOf = (event: Event, values: Values, isNamed: boolean): Properties => {
  // Without a prototype, a field named `__proto__` is a field like any other.
  const found: Properties = Object.create(null)
  const put = (field: string, value: unknown) => {
    const kept = toJson(value)
    if (kept !== undefined) found[field] = kept
  }
  for (const field in values) {
    const value = values[field]
    const before = prefixes.get(field)
    if (before !== undefined && isObject(value)) {
      for (const own in value) put(before + own, value[own])
    } else if (!isTold(event.type, field, value, isNamed)) {
      // Braze's name for the one field that it renames.
      put(field === "content_card_id" ? "card_id" : field, value)
    }
  }
  put("timezone", event.user.timezone)
  return found
}

/** What Braze puts before the names of an event's own properties. */
const prefixes: ReadonlyMap<string, string> = new Map([
  ["custom_properties", "[Custom event property] "],
  ["purchase_properties", "[Purchase property] "]
])

/**
 * Whether a field is no property: it stands elsewhere in the event, or Braze's connector never sends it. `isNamed`: a
 * custom event's name is that of the event.
 */
const isTold = (type: string, field: string, value: unknown, isNamed: boolean): boolean => {
  switch (field) {
    case "name":
      return type === custom && isNamed && present(value)
    case "price":
      return type === purchase && typeof value === "number"
    case "product_id":
      return type === purchase && present(value)
    case "canvas_step_message_variation_id":
    case "sending_ip":
      return true
    case "phone_number":
      return type === "users.behaviors.subscriptiongroup.StateChange"
    default:
      return false
  }
}
