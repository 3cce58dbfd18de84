import type { Unreadable } from "@millrace/core/Codec"
import type { User } from "@millrace/core/Event"
import * as Result from "effect/Result"
import type { BrazeEvent, UnknownEvent } from "../Braze.ts"

export const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What Braze's field transformation leaves in place of a removed value. */
export const redacted = "[REDACTED]"

/** Retired events that partner pages still list in the underscore form. */
const spellings: ReadonlyMap<string, string> = new Map([
  ["users_campaigns_abort", "users.campaigns.Abort"],
  ["users_canvas_abort", "users.canvas.Abort"],
  ["users.campaigns.abort", "users.campaigns.Abort"],
  ["users.canvas.abort", "users.canvas.Abort"]
])

export const typeName = (name: string): string => spellings.get(name) ?? name

/** Types whose properties stand as JSON text in Avro and as an object in Custom HTTP, under this name. */
export const nested: ReadonlyMap<string, string> = new Map([
  ["users.behaviors.CustomEvent", "custom_properties"],
  ["users.behaviors.Purchase", "purchase_properties"]
])

export const present = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value !== redacted

/** Absent members are left out, so an event equals what its JSON reads back as. */
export const makeUser = (
  sourceId: unknown,
  externalId: unknown,
  deviceId: unknown,
  timezone: unknown
): User => {
  const user: { -readonly [Name in keyof User]: User[Name] } = {}
  if (present(sourceId)) user.sourceId = sourceId
  if (present(externalId)) user.externalId = externalId
  if (present(deviceId)) user.deviceId = deviceId
  if (present(timezone)) user.timezone = timezone
  return user
}

type Read = Result.Result<BrazeEvent | UnknownEvent, Unreadable>

export const malformed = (detail: string): Result.Result<never, Unreadable> =>
  Result.fail({ reason: "malformed", detail })

export const notAnEvent = (detail: string): Result.Result<never, Unreadable> =>
  Result.fail({ reason: "not-an-event", detail })

/** The event, if it has a type, an id and a time. `time` is in seconds, `timeMs` in milliseconds wins. */
export const assemble = (
  type: unknown,
  id: unknown,
  time: unknown,
  timeMs: unknown,
  user: User,
  properties: object
): Read => {
  if (typeof type !== "string" || type === "") return notAnEvent("event_type is missing or not a string")
  if (typeof id !== "string" || id === "") return notAnEvent("id is missing or not a string")
  const at =
    typeof timeMs === "number" ? timeMs : typeof time === "number" ? Math.round(time * 1000) : Number.NaN
  if (!Number.isFinite(at)) return notAnEvent("time is missing or not a number")
  // The one cast: what the catalogue does not know by name is an unknown event, and both are made here.
  return Result.succeed({ id, type: typeName(type), time: at, user, properties } as BrazeEvent | UnknownEvent)
}
