/**
 * Dead letters as an operator reads them: listed by their heads, or whole, page by page. Plain data: it passes through the
 * control socket.
 *
 * @since 1.0.0
 */
import * as Catalogue from "@millrace/core/Catalogue"
import * as Codec from "@millrace/core/Codec"
import * as Found from "@millrace/core/DeadLetters"
import type { Definition } from "@millrace/core/Definition"
import type { Event } from "@millrace/core/Event"
import type { Ledger } from "@millrace/core/Ledger"
import type { DeadLetter, DeadLetterHead, DeadLetterPage, Outbox, OutboxError } from "@millrace/core/Outbox"
import * as Preview from "@millrace/core/Preview"
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

/**
 * Some of the letters that were asked for, as they stand in a list; `after` asks for the next, absent when there are none.
 *
 * @since 1.0.0
 * @category models
 */
export interface ListPage {
  readonly letters: ReadonlyArray<Listed>
  readonly after?: number
}

/**
 * A dead letter as a person looks at it: its event, or the bytes that came; where it came from, in words; and its message as
 * today's configuration makes it, or why there is none. That message is the one that was sent, unless settings have changed or
 * the event was sent together with others.
 *
 * @since 1.0.0
 * @category models
 */
export interface Shown extends Omit<Letter, "record" | "at" | "codec" | "parameter" | "kept"> {
  /** When it was written, in ISO 8601. */
  readonly at: string
  readonly record?: { readonly base64: string }
  readonly place: string
  readonly message?: unknown
  readonly noMessage?: string
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

/** Whether the ledger counts what the filter finds: then not even heads have to be read, of which there may be a million. */
const isOfLedger = ({ route: _, reason: _reason, ...others }: Found.Filter): boolean =>
  Object.keys(others).length === 0

const countOf = ({ routes }: Ledger, { route, reason }: Found.Filter): number =>
  Object.entries(routes)
    .filter(([name]) => route === undefined || name === route)
    .flatMap(([, { dead }]) => Object.entries(dead))
    .reduce((sum, [name, letters]) => (reason === undefined || name === reason ? sum + letters : sum), 0)

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
  if (most === 0 && isOfLedger(filter)) return { total: countOf(yield* outbox.ledger, filter), letters: [] }
  const read = Found.decoder(definition)
  const letters: Array<Listed> = []
  let total = 0
  const name = (found: ReadonlyArray<Found.Found>) =>
    Effect.sync(() => {
      for (const { letter, event } of found.slice(0, most - letters.length)) {
        letters.push(namedOf({ letter, event }))
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

/**
 * At most `most` letters beyond the id `after`, oldest first, without their records. In difference to `list` it stops at the last
 * that it lists, and counts no others.
 *
 * @since 1.0.0
 * @category conversions
 */
export const listPage: (
  outbox: Outbox["Service"],
  definition: Definition,
  filter: Found.Filter,
  after: number,
  most: number
) => Effect.Effect<ListPage, OutboxError> = Effect.fnUntraced(
  function* (outbox, definition, filter, after, most) {
    const read = Found.decoder(definition)
    const found: Array<Found.Found> = []
    const ids: Array<number> = []
    const isOfHeads = Found.isOfHeads(filter)
    const headBytes = Math.min(pageBytes, (most + 1) * 1024)
    let next: number | undefined = after
    // One more than is asked for tells whether there are others.
    while (next !== undefined && Math.max(ids.length, found.length) <= most) {
      if (isOfHeads) {
        const page: DeadLetterPage<DeadLetterHead> = yield* outbox.deadLetterHeads(filter, next, headBytes)
        ids.push(...page.letters.map(({ id }) => id))
        next = page.after
      } else {
        const page: DeadLetterPage<DeadLetter> = yield* outbox.deadLetters(filter, next, pageBytes)
        const whole = page.letters.map((letter) => ({ letter, event: read(letter) }))
        found.push(...whole.filter((one) => Found.isFound(filter, one)).map(withoutRecord))
        next = page.after
      }
    }
    if (isOfHeads) {
      yield* Found.forEachPage(outbox, read, { ids: ids.slice(0, most) }, (some) =>
        Effect.sync(() => void found.push(...some.map(withoutRecord)))
      )
    }
    const letters = found.slice(0, most).map(namedOf)
    const isMore = Math.max(ids.length, found.length) > most
    const last = letters.at(-1)?.id
    return { letters, ...(isMore && last !== undefined ? { after: last } : {}) }
  }
)

const noBytes = new Uint8Array()

/** What is listed needs no record, and many records are many megabytes. */
const withoutRecord = ({ letter, event }: Found.Found): Found.Found => ({
  letter: { ...letter, record: noBytes },
  event
})

const namedOf = ({ letter, event }: Found.Found): Listed => ({
  ...listedOf(letter),
  ...(event === undefined ? {} : { type: event.type, event: event.id })
})

/**
 * The filter with its type as the catalogues of the definition spell it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const spelled = (filter: Found.Filter, { sources, routes }: Definition): Found.Filter => {
  if (filter.type === undefined) return filter
  const catalogues = [
    ...Object.values(sources).map(({ catalogue }) => catalogue),
    ...routes.map(({ destination }) => destination.accepts)
  ]
  return { ...filter, type: Catalogue.spelled(catalogues, filter.type) }
}

/**
 * The split of a letter's chunk, or its source where there is none.
 *
 * @since 1.0.0
 * @category formatting
 */
export const splitOf = ({ origin }: Pick<DeadLetterHead, "origin">): string =>
  origin.split || `source ${origin.source}`

/**
 * Where a letter's chunk came from, in words. The detail of a bad record tells its own place more exactly.
 *
 * @since 1.0.0
 * @category formatting
 */
export const placeOf = (letter: Pick<DeadLetterHead, "origin">, { sources }: Definition): string => {
  const { position, source, split } = letter.origin
  const at = sources[source]?.placeOf?.(split, position) ?? position
  return at === "" ? splitOf(letter) : `${splitOf(letter)}, ${at}`
}

/**
 * A letter with its event where it can be read, else with the bytes as they came.
 *
 * @since 1.0.0
 * @category conversions
 */
export const exported = ({
  record,
  event,
  codec: _codec,
  parameter: _parameter,
  kept: _kept,
  ...letter
}: Letter): Omit<Shown, "place"> => ({
  ...letter,
  at: new Date(letter.at).toISOString(),
  ...(event === undefined ? { record: { base64: record ?? "" } } : { event })
})

/**
 * A letter as a person looks at it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const show = (letter: Letter, definition: Definition): Effect.Effect<Shown> =>
  Effect.map(messageOf(letter, definition), (message) => ({
    ...exported(letter),
    place: placeOf(letter, definition),
    ...message
  }))

const messageOf = (
  letter: Letter,
  definition: Definition
): Effect.Effect<Pick<Shown, "message" | "noMessage">> =>
  letter.event === undefined || letter.lane === ""
    ? Effect.succeed({})
    : Effect.match(Preview.message(definition, letter, letter.event), {
        onFailure: ({ message }) => ({ noMessage: message }),
        onSuccess: Result.match({
          onFailure: (why) => ({ noMessage: why }),
          onSuccess: (text) => ({ message: parsed(text) })
        })
      })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
