/** What a source has appended, kept from run to run; and an intake into it that does as a plan says. */
import type { Event } from "@millrace/core/Event"
import type { Checkpoint, Chunk, Intake, Malformed, Split } from "@millrace/core/Intake"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export interface Appended<E extends Event> {
  readonly chunks: Array<Chunk<E>>
  readonly checkpoints: Map<Split, Checkpoint>
  /** Requests of a push source, by position. */
  readonly acknowledged: Set<number>
  /** What went against the contract, in words. */
  readonly faults: Array<string>
  /** What it said wrongly of which splits are there, in words. */
  readonly untold: Array<string>
  /** Appends begun; those under way now, and the most there were at once. */
  appends: number
  underWay: number
  peak: number
}

export const make = <E extends Event>(): Appended<E> => ({
  chunks: [],
  checkpoints: new Map(),
  acknowledged: new Set(),
  faults: [],
  untold: [],
  appends: 0,
  underWay: 0,
  peak: 0
})

export const events = <E extends Event>({ chunks }: Appended<E>): ReadonlyArray<E> =>
  chunks.flatMap((chunk) => chunk.events)

export const ids = <E extends Event>(appended: Appended<E>): ReadonlyArray<string> =>
  events(appended).map(({ id }) => id)

export const malformed = <E extends Event>({ chunks }: Appended<E>): ReadonlyArray<Malformed> =>
  chunks.flatMap((chunk) => chunk.malformed)

/** A split that no source has. */
const stranger = "no-such-split-8f14e45f"

/** What happens in one run; nothing out of the way by default. */
export interface Plan {
  /** The process dies in the append of this number, counted from 1, and the chunk is durable by then or is not. */
  readonly crash?: {
    readonly at: number
    readonly isKept: boolean
    /** How long that append goes on before; no time by default. */
    readonly lasts?: Duration.Input
  }
  readonly onCrash?: Effect.Effect<void>
  /** No append ever resolves. */
  readonly isHeld?: boolean
  /** Asked each time: while it is, no append resolves either. */
  readonly isFull?: () => boolean
  /** Another instance owns this split: from the start, or after the first append of it. */
  readonly elsewhere?: { readonly split: Split; readonly from: "start" | "first-append" }
}

export const intake = <E extends Event>(appended: Appended<E>, plan: Plan): Intake<E> => {
  const claimed = new Map<Split, Deferred.Deferred<void>>()
  let turn = 0
  let isDead = false

  const keep = (chunk: Chunk<E>) => {
    const { checkpoint, split } = chunk
    appended.chunks.push(chunk)
    if (split === undefined || checkpoint === undefined) return
    if (!claimed.has(split)) appended.faults.push(`a chunk of ${split} was appended outside of a claim`)
    if (appended.checkpoints.get(split) === checkpoint) {
      appended.faults.push(`the checkpoint of ${split} is ${checkpoint} as before`)
    }
    appended.checkpoints.set(split, checkpoint)
  }

  const append = (chunk: Chunk<E>): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (isDead || plan.isHeld || plan.isFull?.()) return Effect.never
      if (++turn === plan.crash?.at) {
        isDead = true
        if (plan.crash.isKept) keep(chunk)
        const dies = Effect.delay(plan.onCrash ?? Effect.void, plan.crash.lasts ?? 0)
        return Effect.andThen(dies, Effect.never)
      }
      keep(chunk)
      const loses = plan.elsewhere?.from === "first-append" && plan.elsewhere.split === chunk.split
      const gone = loses ? claimed.get(chunk.split ?? "") : undefined
      return gone === undefined
        ? Effect.void
        : Effect.andThen(Deferred.succeed(gone, undefined), Effect.never)
    })

  return {
    append: (chunk) =>
      Effect.suspend(() => {
        appended.appends++
        appended.peak = Math.max(appended.peak, ++appended.underWay)
        // An outbox is never as quick as a function call.
        return Effect.ensuring(
          Effect.andThen(Effect.yieldNow, append(chunk)),
          Effect.sync(() => appended.underWay--)
        )
      }),
    full: Effect.sync(() => plan.isFull?.() ?? false),
    expect: () => Effect.void,
    unread: () => Effect.void,
    problems: () => Effect.void,
    lag: () => Effect.void,
    present: (among) =>
      Effect.suspend(() => {
        if (isDead) return Effect.never
        const splits = [...appended.checkpoints.keys()]
        return Effect.map(among([...splits, stranger]), (there) => {
          const missing = splits.filter((split) => !there.includes(split))
          if (missing.length > 0) appended.untold.push(`it leaves out ${missing[0]}, which is there`)
          if (there.includes(stranger)) appended.untold.push(`it names ${stranger}, which never was there`)
        })
      }),
    claim: Effect.fnUntraced(function* (split, read) {
      if (plan.elsewhere?.from === "start" && plan.elsewhere.split === split) {
        return { _tag: "Elsewhere" } as const
      }
      if (claimed.has(split)) {
        appended.faults.push(`${split} was claimed twice at once`)
        return { _tag: "Elsewhere" } as const
      }
      const gone = yield* Deferred.make<void>()
      claimed.set(split, gone)
      const after = Option.fromUndefinedOr(appended.checkpoints.get(split))
      const reading = Effect.map(
        read(after, { revoked: Effect.never }),
        (value) => ({ _tag: "Finished", value }) as const
      )
      return yield* Effect.ensuring(
        Effect.raceFirst(reading, Effect.as(Deferred.await(gone), { _tag: "Lost" } as const)),
        Effect.sync(() => claimed.delete(split))
      )
    })
  }
}
