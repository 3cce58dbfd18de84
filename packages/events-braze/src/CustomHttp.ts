/**
 * `braze-json/1`: events as Braze's Custom HTTP connector posts them, one by one or in their envelope.
 *
 * A flat record in JSON (`{ "event_type": ..., "record": {...} }`, or all fields beside `event_type`) reads too, for
 * Avro exports that were turned into JSON lines.
 *
 * @since 1.0.0
 */
import type { Codec, Unreadable } from "@millrace/core/Codec"
import * as Result from "effect/Result"
import type { BrazeEvent, UnknownEvent } from "./Braze.ts"
import { assemble, isObject, makeUser, malformed, nested, notAnEvent } from "./internal/event.ts"

/**
 * One event of an envelope.
 *
 * @since 1.0.0
 * @category models
 */
export interface Item {
  /** The event as it stood in the body; its JSON is a record of `braze-json/1`. */
  readonly value: unknown
  readonly result: Result.Result<BrazeEvent | UnknownEvent, Unreadable>
}

/**
 * Reads one event, already parsed from JSON. `properties` stays as it is; null is absent in `user`, and so is
 * `[REDACTED]`. Time is `time` in seconds, or `time_ms` when there is one.
 *
 * @since 1.0.0
 * @category conversions
 */
export const fromJson = (value: unknown): Item["result"] => {
  if (!isObject(value)) return notAnEvent("not a JSON object")
  if (isObject(value["record"])) return fromRecord(value["event_type"], value["record"])
  const { properties = {}, user = {} } = value
  const flat =
    value["user"] === undefined && (value["properties"] === undefined || typeof properties === "string")
  if (flat) return fromRecord(value["event_type"], value)
  if (!isObject(properties) || !isObject(user)) return notAnEvent("user or properties is not an object")
  return assemble(
    value["event_type"],
    value["id"],
    value["time"],
    properties["time_ms"] ?? value["time_ms"],
    makeUser(user["user_id"], user["external_user_id"], user["device_id"], user["timezone"]),
    properties
  )
}

/**
 * Reads a request body `{"events":[...]}`; a bare array and a single event pass too. Fails only when the body as a
 * whole is not UTF-8 JSON. No events is an empty list: Braze's probe of the credentials.
 *
 * @since 1.0.0
 * @category conversions
 */
export const decodeEnvelope = (body: string | Uint8Array): Result.Result<ReadonlyArray<Item>, Unreadable> => {
  if (body.length === 0) return Result.succeed([])
  return Result.map(parse(body), (parsed) => {
    const events = isObject(parsed) && "events" in parsed ? parsed["events"] : parsed
    const values = Array.isArray(events) ? events : [events]
    return values.map((value: unknown) => ({ value, result: fromJson(value) }))
  })
}

/**
 * `braze-json/1`: one Custom HTTP event in UTF-8 JSON. Takes no parameter. Unreadable as `malformed` or
 * `not-an-event`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const codec: Codec<BrazeEvent | UnknownEvent> = {
  name: "braze-json/1",
  decoder: () => (bytes, start, end) => {
    const value = parse(bytes.subarray(start, end))
    return Result.isFailure(value) ? Result.fail(value.failure) : fromJson(value.success)
  }
}

// internal

const text = new TextDecoder("utf-8", { fatal: true })

const parse = (body: string | Uint8Array): Result.Result<unknown, Unreadable> => {
  try {
    return Result.succeed(JSON.parse(typeof body === "string" ? body : text.decode(body)))
  } catch (cause) {
    return malformed(cause instanceof SyntaxError ? "not JSON" : "not UTF-8")
  }
}

const fromRecord = (type: unknown, record: { readonly [field: string]: unknown }): Item["result"] => {
  const { event_type, id, time, user_id, external_user_id, device_id, timezone, ...rest } = record
  const properties = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null))
  const name = nested.get(String(type))
  const text = name === undefined ? undefined : rest["properties"]
  if (typeof text === "string") {
    const object = parse(text)
    if (Result.isSuccess(object) && isObject(object.success)) {
      delete properties["properties"]
      properties[name!] = object.success
    }
  }
  return assemble(
    type ?? event_type,
    id,
    time,
    rest["time_ms"],
    makeUser(user_id, external_user_id, device_id, timezone),
    properties
  )
}
