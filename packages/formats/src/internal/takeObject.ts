/** What is done with an object in a line, or over several: an event, several of them, or a bad record. */
import type { Unreadable } from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import type { Malformed } from "@millrace/core/Intake"
import type { Visitor } from "@millrace/core/JsonLines"
import * as Result from "effect/Result"
import type { Lines, Taker } from "../Format.ts"

/** The longest line, or object over several, that is read. */
export const longest = 8 * 1024 * 1024

/** Where events and bad records go. */
export interface Goal<in E extends Event> {
  readonly add: (event: E, bytes: Buffer, start: number, end: number) => void
  readonly bury: (record: Malformed) => void
  readonly isFull: () => boolean
}

/** `placeOf` says where a record stands that begins in this line, at this byte of those that are handed in. */
export const readerOf = <E extends Event>(
  { codec, takeOther }: Lines<E>,
  goal: Goal<E>,
  placeOf: (line: number, start: number) => string
): Visitor => {
  const decode = codec.decoder("")
  const bury: Visitor["bury"] = ({ bytes, end, line, start }, why, isObject) => {
    const place = placeOf(line, start)
    const keep: Taker<E>["bury"] = (why, start, end, number) =>
      goal.bury({
        ...why,
        position: number === undefined ? place : `${place}, event ${number}`,
        raw: Buffer.from(bytes.subarray(start, end))
      })
    const add: Taker<E>["add"] = (event, start, end) => goal.add(event, bytes, start, end)
    if (isObject && takeOther?.(bytes, start, end, { add, bury: keep })) return
    keep(why, start, end, undefined)
  }

  return {
    isFull: goal.isFull,
    bury,
    take: (bytes, start, end, line): Unreadable | undefined => {
      const result = decode(bytes, start, end)
      if (Result.isSuccess(result)) {
        goal.add(result.success, bytes, start, end)
        return undefined
      }
      if (result.failure.reason === "malformed") return result.failure
      bury({ bytes, start, end, line }, result.failure, true)
      return undefined
    }
  }
}
