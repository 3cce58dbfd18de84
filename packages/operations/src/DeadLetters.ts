/**
 * Dead letters as an operator reads them: listed by their heads, or whole, page by page. Plain data: it passes through the
 * control socket.
 *
 * @since 1.0.0
 */
import * as Codec from "@millrace/core/Codec"
import * as Found from "@millrace/core/DeadLetters"
import type { Definition } from "@millrace/core/Definition"
import type { Event } from "@millrace/core/Event"
import type { DeadLetter, DeadLetterHead, Outbox, OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { cut } from "./Text.ts"

/**
 * A dead letter whole: its event, or, where none can be read, its record in base64.
 *
 * @since 1.0.0
 * @category models
 */
export interface Letter extends Omit<DeadLetter, "record"> {
  readonly record?: string
  readonly event?: Event
}

/**
 * Some of the letters that were asked for; `after` asks for the next, absent when there are none.
 *
 * @since 1.0.0
 * @category models
 */
export interface Page {
  readonly letters: ReadonlyArray<Letter>
  readonly after?: number
}

/**
 * A dead letter as it stands in a list; its event is named where it can be read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Listed extends DeadLetterHead {
  readonly type?: string
  readonly event?: string
}

/**
 * How many letters were found, and the first of them.
 *
 * @since 1.0.0
 * @category models
 */
export interface List {
  readonly total: number
  readonly letters: ReadonlyArray<Listed>
}

/** Bytes of letters in one page. */
const pageBytes = 1024 * 1024

const letterOf = ({ letter, event }: Found.Found): Letter => {
  const { record, ...head } = letter
  // Whatever a codec makes of a record, it has to pass through a socket and be printed.
  return event !== undefined && Result.isSuccess(Codec.encodeEvent(event))
    ? { ...head, event }
    : { ...head, record: Buffer.from(record).toString("base64") }
}

/**
 * Letters whole beyond the id `after`, as many as fit in a megabyte.
 *
 * @since 1.0.0
 * @category conversions
 */
export const page = (
  outbox: Outbox["Service"],
  definition: Definition,
  filter: Found.Filter,
  after: number
): Effect.Effect<Page, OutboxError> =>
  Effect.map(outbox.deadLetters(filter, after, pageBytes), ({ letters, ...next }) => {
    const read = Found.decoder(definition)
    const found = letters.map((letter) => ({ letter, event: read(letter) }))
    return { letters: found.filter((one) => Found.isFound(filter, one)).map(letterOf), ...next }
  })

const listedOf = (head: DeadLetterHead): Listed => {
  const { id, route, lane, reason, detail, attempts, at, origin, length, kept } = head
  return { id, route, lane, reason, detail: cut(detail, longestDetail), attempts, at, origin, length, kept }
}

/** Characters of a detail that a list shows. */
const longestDetail = 2000

/**
 * The oldest `most` letters, without their records. It reads the records of the letters that it lists, and of others only
 * where the filter asks for what stands in them.
 *
 * @since 1.0.0
 * @category conversions
 */
export const list: (
  outbox: Outbox["Service"],
  definition: Definition,
  filter: Found.Filter,
  most: number
) => Effect.Effect<List, OutboxError> = Effect.fnUntraced(function* (outbox, definition, filter, most) {
  const read = Found.decoder(definition)
  const letters: Array<Listed> = []
  let total = 0
  const name = (found: ReadonlyArray<Found.Found>) =>
    Effect.sync(() => {
      for (const { letter, event } of found.slice(0, most - letters.length)) {
        letters.push({
          ...listedOf(letter),
          ...(event === undefined ? {} : { type: event.type, event: event.id })
        })
      }
    })
  if (Found.isOfHeads(filter)) {
    const ids: Array<number> = []
    yield* Found.forEachHead(outbox, filter, (heads) =>
      Effect.sync(() => {
        total += heads.length
        ids.push(...heads.slice(0, most - ids.length).map(({ id }) => id))
      })
    )
    yield* Found.forEachPage(outbox, read, { ids }, name)
  } else {
    yield* Found.forEachPage(outbox, read, filter, (found) => {
      total += found.length
      return name(found)
    })
  }
  return { total, letters }
})
