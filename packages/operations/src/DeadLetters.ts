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
import type { Ledger } from "@millrace/core/Ledger"
import type { DeadLetter, DeadLetterHead, DeadLetterPage, Outbox, OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Letter, List, Listed, ListPage, Page } from "./internal/letters.ts"
import { cut } from "./Text.ts"

export type { Letter, List, Listed, ListPage, Page, Shown } from "./internal/letters.ts"
export { exported, placeOf, show, splitOf } from "./internal/shown.ts"

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
    const listed = ids.slice(0, most)
    let before = (listed[0] ?? 0) - 1
    while (found.length < listed.length) {
      const page: DeadLetterPage<DeadLetter> = yield* outbox.deadLetters({ ids: listed }, before, pageBytes)
      found.push(...page.letters.map((letter) => withoutRecord({ letter, event: read(letter) })))
      if (page.after === undefined) break
      before = page.after
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
