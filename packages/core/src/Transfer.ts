/**
 * All that an outbox holds, moved to another outbox, whatever each of them is made of. A plugin takes part by a `transfer` of its
 * store.
 *
 * The store that is left keeps what it holds, and refuses to be opened from the beginning of the move. The one that is filled
 * refuses until the end. Between, the move may be cut off at any moment and run again: each page is put once.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type { Definition } from "./Definition.ts"
import * as Divide from "./engine/again/Divide.ts"
import * as Ledger from "./Ledger.ts"
import {
  type Held,
  type HeldPage,
  type Leaving,
  OutboxError,
  type Standing,
  type Transfer
} from "./Outbox.ts"

/**
 * Nothing: to be spread, with what a page does hold.
 *
 * @since 1.0.0
 * @category constructors
 */
export const nothing: Held = {
  parcels: [],
  compositions: [],
  letters: [],
  checkpoints: [],
  looks: [],
  gates: [],
  seen: [],
  erasures: [],
  counts: []
}

/**
 * One kind of what a store holds, read in the order of a key. Yields nothing at its end.
 *
 * @since 1.0.0
 * @category models
 */
export type Part = (
  after: ReadonlyArray<string | number> | undefined,
  bytes: number
) => Effect.Effect<
  { readonly held: Partial<Held>; readonly last: ReadonlyArray<string | number> } | undefined,
  OutboxError
>

/**
 * Pages over the parts of a store, one after another. For authors of outboxes.
 *
 * @since 1.0.0
 * @category constructors
 */
export const pages = (parts: ReadonlyArray<Part>): Leaving["page"] => {
  const from = (
    part: number,
    after: ReadonlyArray<string | number> | undefined,
    bytes: number
  ): Effect.Effect<HeldPage, OutboxError> => {
    const read = parts[part]
    return read === undefined
      ? Effect.succeed({ held: nothing, to: JSON.stringify([part]), isLast: true })
      : Effect.flatMap(read(after, bytes), (found) =>
          found === undefined
            ? from(part + 1, undefined, bytes)
            : Effect.succeed({
                held: { ...nothing, ...found.held },
                to: JSON.stringify([part, ...found.last]),
                isLast: false
              })
        )
  }
  return (after, bytes) => {
    if (after === undefined) return from(0, undefined, bytes)
    const [part, ...key]: readonly [number, ...ReadonlyArray<string | number>] = JSON.parse(after)
    return from(part, key.length === 0 ? undefined : key, bytes)
  }
}

/**
 * What a move would do, or did.
 *
 * @since 1.0.0
 * @category models
 */
export interface Moved {
  /** Of the store that is left, and of the one that is filled once the move is done. */
  readonly ledger: Ledger.Ledger
  /** How far an earlier move came, that was cut off. */
  readonly standing: Standing | undefined
  /** Compositions whose events are of several tracks now: these leave as other messages. */
  readonly recomposed: number
}

/**
 * Looks whether a store can be moved to another, and changes neither. Fails as `move` would.
 *
 * @since 1.0.0
 * @category conversions
 */
export const look: (from: Transfer, to: Transfer) => Effect.Effect<Moved, OutboxError> = Effect.fnUntraced(
  function* (from, to) {
    const { leaving, arriving } = yield* openBoth(from, to)
    return { ledger: yield* leaving.ledger, standing: arriving.standing, recomposed: 0 }
  },
  Effect.scoped
)

/**
 * Moves all that a store holds to another, or goes on where an earlier move was cut off. The definition is that of the exporter
 * which is to run on the second store: by its routes and codecs events find their tracks.
 *
 * Fails as `Owned` while an exporter runs on either, as `Unavailable` where the first holds nothing that could be moved or the
 * second holds something of its own, and as `Damaged` when the second does not count what the first does: it is not opened then.
 *
 * @since 1.0.0
 * @category conversions
 */
export const move: (
  from: Transfer,
  to: Transfer,
  definition: Definition
) => Effect.Effect<Moved, OutboxError> = Effect.fnUntraced(function* (from, to, definition) {
  const { leaving, arriving } = yield* openBoth(from, to)
  const { standing } = arriving
  const id = yield* leaving.begin(to.name)
  let recomposed = 0
  if (standing?.isDone !== true) {
    yield* arriving.begin(id, from.name)
    const divider = Divide.make(definition, leaving.tracks, arriving.tracks)
    let place = standing?.place
    for (;;) {
      const { held, to, isLast } = yield* leaving.page(place, pageBytes)
      const members = [
        ...new Set(held.compositions.flatMap(({ members }) => members.map(({ parcel }) => parcel)))
      ]
      const among = divider.keepsPlaces || members.length === 0 ? [] : yield* leaving.parcels(members)
      const compositions = divider.compositions(held.compositions, among)
      recomposed += held.compositions.length - compositions.length
      const parcels = held.parcels.flatMap(divider.parcels)
      yield* arriving.put({ ...held, parcels, compositions }, place, to)
      place = to
      if (isLast) break
    }
    yield* expectSame(from, to, yield* leaving.ledger, yield* arriving.ledger)
    yield* arriving.finish
  }
  const ledger = yield* leaving.ledger
  yield* leaving.finish
  return { ledger, standing, recomposed }
}, Effect.scoped)

/**
 * Keeps what was to be moved where it is: the first store can be opened again, the second is of no use any more. Fails as
 * `Unavailable` when all of it is moved.
 *
 * @since 1.0.0
 * @category conversions
 */
export const giveUp: (from: Transfer, to: Transfer) => Effect.Effect<void, OutboxError> = Effect.fnUntraced(
  function* (from, to) {
    const { leaving, arriving } = yield* openBoth(from, to)
    if (arriving.standing?.isDone === true) {
      return yield* new OutboxError({
        reason: "Unavailable",
        detail: `all that ${from.name} held is in ${to.name}; run the exporter with that outbox`
      })
    }
    yield* leaving.giveUp
  },
  Effect.scoped
)

// internal

/** Bytes of a page, which is one transaction. */
const pageBytes = 4 * 1024 * 1024

const openBoth = Effect.fnUntraced(function* (from: Transfer, to: Transfer) {
  const leaving = yield* from.leave
  const arriving = yield* to.arrive
  const { standing } = arriving
  if (standing !== undefined && standing.from !== leaving.id) {
    return yield* new OutboxError({
      reason: "Unavailable",
      detail: standing.isDone
        ? `${to.name} holds events already; give an empty outbox`
        : `${to.name} is being filled from another outbox than ${from.name}; end that move first, or give an empty outbox`
    })
  }
  return { leaving, arriving }
})

const expectSame = (from: Transfer, to: Transfer, left: Ledger.Ledger, arrived: Ledger.Ledger) => {
  const unbalanced = [...Ledger.imbalance(left), ...Ledger.imbalance(arrived)]
  const differing = differences(left, arrived)
  if (unbalanced.length === 0 && differing.length === 0) return Effect.void
  const routes = [...new Set([...unbalanced.map(({ route }) => route), ...differing])].join(", ")
  return new OutboxError({
    reason: "Damaged",
    detail: `the ledgers of ${from.name} and ${to.name} differ, or do not balance, in ${routes}; verify the first, and report this`
  })
}

/** Routes whose counts are not the same. */
const differences = (left: Ledger.Ledger, right: Ledger.Ledger): ReadonlyArray<string> =>
  [...new Set([...Object.keys(left.routes), ...Object.keys(right.routes)])].filter(
    (route) => textOf(left.routes[route]) !== textOf(right.routes[route])
  )

/** Of counts that are not 0, in an order of their names. */
const textOf = (counts: Ledger.RouteLedger | undefined): string =>
  JSON.stringify(
    Object.entries(counts ?? {})
      .flatMap(([kind, value]: readonly [string, number | Ledger.Counts]) =>
        typeof value === "number"
          ? [[kind, "", value] as const]
          : Object.entries(value).map(([key, events]) => [kind, key, events] as const)
      )
      .filter(([, , events]) => events !== 0)
      .map((count) => JSON.stringify(count))
      .sort()
  )
