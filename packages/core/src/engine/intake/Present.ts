/**
 * What is forgotten of splits that are gone. Once a day a source is asked for those of which nothing was known for a while:
 * what is there is known again, what was gone on enough days is forgotten. So a source that could not look, or was not
 * there, or a clock that is wrong, makes nothing forgotten sooner.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Split } from "../../Intake.ts"
import * as Log from "../../Log.ts"
import type { KnownSplit, Looks, Outbox, OutboxError } from "../../Outbox.ts"
import * as OutboxRules from "../../OutboxRules.ts"

/** Which of some splits are there. */
export type Among<X> = (splits: ReadonlyArray<Split>) => Effect.Effect<ReadonlyArray<Split>, X>

export type Present = <X>(among: Among<X>) => Effect.Effect<void, X>

export interface Options {
  readonly source: string
  readonly outbox: Outbox["Service"]
  /** On how many days a split must have been gone. */
  readonly days: number
  /** Ends the exporter; the source is interrupted. */
  readonly fail: (error: OutboxError) => Effect.Effect<never>
}

export const make = ({ source, outbox, days: horizon, fail }: Options): Present => {
  const alone = Semaphore.makeUnsafe(1)
  /** What is there need not be asked for every day. */
  const quarter = Math.floor(horizon / 4)
  let known: Looks | undefined

  const safely = <A>(asking: Effect.Effect<A, OutboxError>): Effect.Effect<A> => Effect.catch(asking, fail)

  /** Returns how many were forgotten. */
  const ask = Effect.fnUntraced(function* <X>(
    splits: ReadonlyArray<KnownSplit>,
    today: number,
    among: Among<X>
  ) {
    if (splits.length === 0) return 0
    const found = new Set(yield* among(splits.map(({ split }) => split)))
    const namesOf = (some: ReadonlyArray<KnownSplit>) => some.map(({ split }) => split)
    const there = namesOf(splits.filter(({ split }) => found.has(split)))
    const gone = namesOf(splits.filter(({ split, day }) => !found.has(split) && day <= today - horizon))
    if (there.length > 0) yield* safely(outbox.confirm(source, there))
    return gone.length === 0 ? 0 : yield* safely(outbox.forget(source, gone, today - horizon))
  })

  /** The day counts when all was asked for, so that one question that goes wrong never decides. */
  const askAll = Effect.fnUntraced(function* <X>({ days: today }: Looks, at: number, among: Among<X>) {
    let after: Split | undefined
    let forgotten = 0
    do {
      const page = yield* safely(outbox.splits(source, today - quarter, after))
      forgotten += yield* ask(page.splits, today, among)
      after = page.after
    } while (after !== undefined)
    yield* safely(outbox.looked(source, at))
    if (forgotten === 0) return
    const told = `forgot the checkpoints of ${forgotten} splits that were gone on ${horizon} days; one that comes back is read again`
    yield* Log.write("splits-forgotten", told, { source })
  })

  return Effect.fnUntraced(
    function* (among) {
      const now = yield* Clock.currentTimeMillis
      if (known !== undefined && !OutboxRules.isLookDue(known, now)) return
      known = yield* safely(outbox.looks(source))
      if (!OutboxRules.isLookDue(known, now)) return
      yield* askAll(known, now, among)
      known = yield* safely(outbox.looks(source))
    },
    alone.withPermitsIfAvailable(1),
    Effect.asVoid
  )
}
