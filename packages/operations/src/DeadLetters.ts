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
export { readLetters } from "./internal/readLetters.ts"
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
 * How many letters the filter finds, and the oldest `most` of them, without their records.
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
  const total = isOfLedger(filter)
    ? countOf(yield* outbox.ledger, filter)
    : (yield* Found.count(outbox, Found.decoder(definition), filter)).letters
  if (most === 0) return { total, letters: [] }
  return { total, letters: (yield* listPage(outbox, definition, filter, 0, most)).letters }
})

/**
 * At most `most` letters beyond the id `after`, oldest first, without their records. It reads the records of the letters that it
 * lists, and of others only where their keys are not kept yet. In difference to `list` it counts no others.
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
    const found: Array<Listed> = []
    const bytes = Math.min(pageBytes, (most + 1) * listedBytes)
    let next: number | undefined = after
    // One more than is asked for tells whether there are others.
    while (next !== undefined && found.length <= most) {
      const page: DeadLetterPage<DeadLetter> = yield* outbox.deadLetters(filter, next, bytes)
      const whole = page.letters.map((letter) => ({ letter, event: read(letter) }))
      // At once: an event may be a megabyte, as its record is.
      found.push(...whole.filter((one) => Found.isFound(filter, one)).map(namedOf))
      next = page.after
    }
    const letters = found.slice(0, most)
    const last = letters.at(-1)?.id
    return { letters, ...(found.length > most && last !== undefined ? { after: last } : {}) }
  }
)

/** Bytes that a letter mostly takes. */
const listedBytes = 2048

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
