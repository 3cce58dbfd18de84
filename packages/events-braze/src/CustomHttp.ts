/**
 * `braze-json/1`: events as Braze's Custom HTTP connector posts them, one by one or in their envelope.
 *
 * A flat record in JSON (`{ "event_type": ..., "record": {...} }`, or all fields beside `event_type`) reads too, for
 * Avro exports that were turned into JSON lines.
 *
 * @since 1.0.0
 */
import type { Codec, Unreadable } from "@millrace/core/Codec"
import type { UnknownEvent } from "@millrace/core/Event"
import * as Json from "@millrace/core/Json"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import {
  assemble,
  type BrazeEvent,
  makeUser,
  malformed,
  nested,
  nestedOf,
  notAnEvent
} from "./internal/event.ts"

/**
 * One event of an envelope, at `[start, end)` of its bytes: these bytes are a record of `braze-json/1`.
 *
 * @since 1.0.0
 * @category models
 */
export interface Item {
  /** The event as parsed; `undefined` when it is not. */
  readonly value: unknown
  readonly result: Result.Result<BrazeEvent | UnknownEvent, Unreadable>
  readonly start: number
  readonly end: number
  /** Why the item reaches to the end of the bytes, and what stands there cannot be told apart. */
  readonly rest: Exclude<Json.Piece["kind"], "value"> | undefined
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
 * Reads the events of an envelope `{"events":[...]}` or a bare array one by one, each from its own bytes; `undefined` for
 * anything else. Where the bytes are damaged or cut off, or hold more events than a line or body may
 * (`Json.budget.items`), the last item is unreadable and reaches to their end.
 *
 * @since 1.0.0
 * @category conversions
 */
export const items = (
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length
): Iterable<Item> | undefined => {
  const pieces = Json.items(bytes, start, end)
  return pieces === undefined ? undefined : read(bytes, pieces)
}

/**
 * What is done with the parts of a request: events, and what is none with its number from 1. Where more than a thousand
 * are none, they are one bad record together, the request as a whole, without a number.
 *
 * @since 1.0.0
 * @category models
 */
export interface Taker {
  readonly add: (event: BrazeEvent | UnknownEvent, start: number, end: number) => void
  readonly bury: (why: Unreadable, start: number, end: number, number: number | undefined) => void
}

/** Bad records of one request that are kept each by itself. */
const badLimit = 1000

/**
 * Takes a request of Custom HTTP that stands in a line, `{"events":[...]}`: each event with its own bytes. `false`, with
 * nothing taken, for anything else; a bare list is none there.
 *
 * @since 1.0.0
 * @category conversions
 */
export const takeRequest = (bytes: Buffer, start: number, end: number, { add, bury }: Taker): boolean => {
  const opensObject = object.test(bytes.toString("latin1", start, Math.min(end, start + 64)))
  const found = opensObject ? items(bytes, start, end) : undefined
  if (found === undefined) return false
  const bad: Array<Parameters<Taker["bury"]>> = []
  let number = 0
  let unreadable = 0
  for (const { end, rest, result, start } of found) {
    number++
    if (Result.isSuccess(result)) add(result.success, start, end)
    // What is left of the request, and may hold more than one event.
    else if (rest !== undefined) bury(result.failure, start, end, number)
    else if (++unreadable <= badLimit) bad.push([result.failure, start, end, number])
  }
  if (unreadable <= badLimit) for (const one of bad) bury(...one)
  else {
    const detail = `${unreadable} of the ${number} items of the request are no events; the others are read`
    bury({ reason: "not-an-event", detail }, start, end, undefined)
  }
  return true
}

const object = /^(?:\xef\xbb\xbf)?[ \t\r\n]*\{/

function* read(bytes: Uint8Array, pieces: Iterable<Json.Piece>): Generator<Item, void> {
  for (const piece of pieces) {
    const { end, start } = piece
    if (piece.kind !== "value")
      yield { value: undefined, result: malformed(piece.detail), start, end, rest: piece.kind }
    else if (piece.breach !== undefined)
      yield { value: undefined, result: malformed(piece.breach), start, end, rest: undefined }
    else yield itemOf(Json.parse(bytes, start, end), start, end)
  }
}

const itemOf = (parsed: Result.Result<unknown, Unreadable>, start: number, end: number): Item =>
  Result.isSuccess(parsed)
    ? { value: parsed.success, result: fromJson(parsed.success), start, end, rest: undefined }
    : { value: undefined, result: Result.fail(parsed.failure), start, end, rest: undefined }

/**
 * Reads a request body `{"events":[...]}`; a bare array and a single event pass too. Fails only when nothing at all can
 * be read of it. No events is an empty list: Braze's probe of the credentials.
 *
 * @since 1.0.0
 * @category conversions
 */
export const decodeEnvelope = (body: string | Uint8Array): Result.Result<ReadonlyArray<Item>, Unreadable> => {
  if (body.length === 0) return Result.succeed([])
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
  const found = items(bytes)
  if (found === undefined) {
    return Result.map(Json.parse(bytes), (value) => [itemOf(Result.succeed(value), 0, bytes.length)])
  }
  const all = [...found]
  return all.length === 1 && all[0]?.rest !== undefined ? malformed(Json.notJson) : Result.succeed(all)
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
    const value = Json.parse(bytes, start, end)
    return Result.isFailure(value) ? Result.fail(value.failure) : fromJson(value.success)
  }
}

// internal

const fromRecord = (type: unknown, record: { readonly [field: string]: unknown }): Item["result"] => {
  const { event_type, id, time, user_id, external_user_id, device_id, timezone, ...rest } = record
  const properties = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null))
  const name = nested.get(String(type))
  const text = name === undefined ? undefined : rest["properties"]
  if (typeof text === "string") {
    const object = nestedOf(text)
    if (Result.isFailure(object)) return Result.fail(object.failure)
    if (object.success !== undefined) {
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
