/**
 * Millrace's own JSON of an event, as anybody may write it: looked at field by field, since what a mere object holds is
 * relied on wherever an event is handled.
 *
 * @since 1.0.0
 */
import * as Codec from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import * as Json from "@millrace/core/Json"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import type { Format, Lines } from "./Format.ts"

const ids = ["sourceId", "externalId", "deviceId", "timezone"]

/**
 * What is wrong with a value as an event, without any of it; `undefined` for one that is an event.
 *
 * @since 1.0.0
 * @category refinements
 */
export const problemOf = (value: unknown): string | undefined => {
  if (!isObject(value)) return "not a JSON object"
  const { id, properties, time, type, user } = value
  if (typeof id !== "string" || id === "") return "id is no text, or empty"
  if (typeof type !== "string" || type === "") return "type is no text, or empty"
  if (typeof time !== "number") return "time is no number of milliseconds"
  if (!isObject(user)) return "user is no object"
  const name = ids.find((field) => user[field] !== undefined && typeof user[field] !== "string")
  if (name !== undefined) return `user.${name} is no text; leave it out where there is none`
  return isObject(properties) ? undefined : "properties is no object"
}

const decodeEvent = Codec.event.decoder("")

const decode: Codec.Decoder = (bytes, start, end) =>
  Result.flatMap(decodeEvent(bytes, start, end), (decoded) => {
    const detail = problemOf(decoded)
    return detail === undefined ? Result.succeed(decoded) : Result.fail({ reason: "not-an-event", detail })
  })

/**
 * An event a line: what a source with `format: event` reads. What it takes is stored as `event/1`.
 *
 * @since 1.0.0
 * @category constants
 */
export const lines: Lines<Event> = { codec: { name: Codec.event.name, decoder: () => decode } }

/** The columns of a table of events; the first four are needed. */
const columns = ["id", "type", "time", "properties", "source_id", "external_id", "device_id", "timezone"]

/**
 * An event a row, as `@millrace/destination-files` writes it: the columns `id`, `type`, `time` (a timestamp, or milliseconds)
 * and `properties` (JSON text, or an object), and perhaps `source_id`, `external_id`, `device_id` and `timezone`.
 *
 * @since 1.0.0
 * @category constants
 */
export const rows: NonNullable<Format["rows"]> = (given) => {
  const missing = columns.slice(0, 4).find((name) => !given.includes(name))
  if (missing !== undefined) return Result.fail({ detail: `there is no column ${missing}` })
  return Result.succeed({
    columns: columns.filter((name) => given.includes(name)),
    lineOf: ({ device_id, external_id, id, properties, source_id, time, timezone, type }) => {
      const read = typeof properties === "string" ? Json.parseText(properties) : Result.succeed(properties)
      return Result.map(read, (properties) => ({
        id,
        type,
        time: time instanceof Date ? time.getTime() : time,
        user: {
          sourceId: source_id ?? undefined,
          externalId: external_id ?? undefined,
          deviceId: device_id ?? undefined,
          timezone: timezone ?? undefined
        },
        properties
      }))
    }
  })
}
