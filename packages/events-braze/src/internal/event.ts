import type { Unreadable } from "@millrace/core/Codec"
import type { Of, UnknownEvent, User } from "@millrace/core/Event"
import * as Json from "@millrace/core/Json"
import { redacted } from "@millrace/core/Transform"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import { table } from "../generated/table.ts"
import type { Types } from "../generated/types.ts"

/**
 * Any event of the catalogue. One type: `Event.Of<Braze.Types, "users.canvas.Entry">`.
 *
 * @since 1.0.0
 * @category models
 */
export type BrazeEvent = Of<Types>

/**
 * Every type by its own name, so that all events share one text which each table finds at once; and retired events that
 * partner pages still list in the underscore form.
 */
const spellings: ReadonlyMap<string, string> = new Map([
  ...Object.keys(table).map((name) => [name, name] as const),
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

/** The object in the text of `properties`; `undefined` for a text that holds none, which stays a text. */
export const nestedOf = (text: string): Result.Result<object | undefined, Unreadable> => {
  if (!/^\s*\{/.test(text)) return Result.succeed(undefined)
  const parsed = Json.parseText(text)
  if (Result.isFailure(parsed)) {
    return parsed.failure.detail === Json.notJson ? Result.succeed(undefined) : Result.fail(parsed.failure)
  }
  return Result.succeed(isObject(parsed.success) ? parsed.success : undefined)
}

export const present = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value !== redacted

/** A number is an id, too; `null` for what is absent, `undefined` for what is neither. */
const idOf = (value: unknown): string | null | undefined => {
  if (typeof value === "string") return value === "" || value === redacted ? null : value
  if (value === undefined || value === null) return null
  return typeof value === "number" ? String(value) : undefined
}

/** Absent members are left out, so an event equals what its JSON reads back as. A text says what is wrong. */
export const makeUser = (
  sourceId: unknown,
  externalId: unknown,
  deviceId: unknown,
  timezone: unknown
): User | string => {
  const user: { -readonly [Name in keyof User]: User[Name] } = {}
  const source = idOf(sourceId)
  const external = idOf(externalId)
  const device = idOf(deviceId)
  const zone = idOf(timezone)
  if (source === undefined) return wrongId("user_id")
  if (external === undefined) return wrongId("external_user_id")
  if (device === undefined) return wrongId("device_id")
  if (zone === undefined) return wrongId("timezone")
  if (source !== null) user.sourceId = source
  if (external !== null) user.externalId = external
  if (device !== null) user.deviceId = device
  if (zone !== null) user.timezone = zone
  return user
}

const wrongId = (field: string) => `${field} is neither a string nor a number`

type Read = Result.Result<BrazeEvent | UnknownEvent, Unreadable>

export const malformed = (detail: string): Result.Result<never, Unreadable> =>
  Result.fail({ reason: "malformed", detail })

export const notAnEvent = (detail: string): Result.Result<never, Unreadable> =>
  Result.fail({ reason: "not-an-event", detail })

/**
 * The event, if it has a type, an id and a time, and a user that can be told. `time` is in seconds, `timeMs` in
 * milliseconds wins.
 */
export const assemble = (
  type: unknown,
  id: unknown,
  time: unknown,
  timeMs: unknown,
  user: User | string,
  properties: object
): Read => {
  if (typeof type !== "string" || type === "") return notAnEvent("event_type is missing or not a string")
  const own = typeof id === "number" ? String(id) : id
  if (typeof own !== "string" || own === "") return notAnEvent("id is missing or not a string")
  const isMs = timeMs !== undefined && timeMs !== null
  const given = isMs ? timeMs : time
  if (typeof given !== "number")
    return notAnEvent(isMs ? "time_ms is not a number" : "time is missing or not a number")
  const at = isMs ? given : Math.round(given * 1000)
  if (!Number.isFinite(at)) return notAnEvent("time is beyond what a number of milliseconds can tell")
  if (typeof user === "string") return notAnEvent(user)
  // The one cast: what the catalogue does not know by name is an unknown event, and both are made here.
  return Result.succeed({ id: own, type: typeName(type), time: at, user, properties } as
    | BrazeEvent
    | UnknownEvent)
}
