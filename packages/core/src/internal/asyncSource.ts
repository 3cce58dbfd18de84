/**
 * The intake of a source with promises: each of them ends with the source, or with the claim of the split that it is about.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type { Event } from "../Event.ts"
import type { Checkpoint, Chunk, Claimed, Intake, Lag, Problem, Split, Unread } from "../Intake.ts"

/**
 * A split that is this source's own, for authors who write promises.
 *
 * @since 1.0.0
 * @category models
 */
export interface AsyncClaim {
  /** Fires when the split is lost or the source is to end: nothing that is read from then on is taken. */
  readonly signal: AbortSignal
  /** Fires when the split is wanted elsewhere: append what is under way, and return. */
  readonly revoked: AbortSignal
}

/**
 * What `fromAsync` hands its author: the intake with promises. Each of them rejects once the source has ended, or has lost
 * the split that it is about.
 *
 * @since 1.0.0
 * @category models
 */
export interface AsyncIntake<in E extends Event = Event> {
  /** Resolves when the chunk is durable. */
  readonly append: (chunk: Chunk<E>) => Promise<void>
  readonly full: () => Promise<boolean>
  /** Runs `read` from the last checkpoint, if the split is nobody else's; see `Intake.claim`. Rejects with what `read` throws. */
  readonly claim: <A>(
    split: Split,
    read: (after: Checkpoint | undefined, claim: AsyncClaim) => Promise<A>
  ) => Promise<Claimed<A>>
  /** So many bytes of input lie ahead; see `Intake.expect`. */
  readonly expect: (bytes: number) => Promise<void>
  /** What of a claimed split is left unread; see `Intake.unread`. */
  readonly unread: (split: Split, left: Unread) => Promise<void>
  /** All that the source cannot read now; see `Intake.problems`. */
  readonly problems: (found: ReadonlyArray<Problem>) => Promise<void>
  /** How far the source is behind; see `Intake.lag`. */
  readonly lag: (found: Lag) => Promise<void>
  /**
   * All there is was looked through, and `among` tells which of some splits are there; see `Intake.present`. Rejects with what
   * `among` throws.
   */
  readonly present: (
    among: (splits: ReadonlyArray<Split>) => ReadonlyArray<Split> | Promise<ReadonlyArray<Split>>
  ) => Promise<void>
}

type Promised = <A>(effect: Effect.Effect<A, unknown>) => Promise<A>

/** The errors of the source. */
export interface Errors<X> {
  /** Of a promise that is asked for too late. */
  readonly ended: () => X
  /** Of what an author's function threw. */
  readonly thrown: (cause: unknown) => X
}

/** Promises that reject when the scope closes. */
const promised = Effect.fnUntraced(function* ({ ended }: Pick<Errors<unknown>, "ended">) {
  const fibers = yield* FiberSet.make<unknown, unknown>()
  const fork = yield* FiberSet.runtime(fibers)<never>()
  const promise: Promised = (effect) => {
    const made = new Promise<Effect.Success<typeof effect>>((resolve, reject) =>
      fork(effect).addObserver((exit) => {
        if (Exit.isSuccess(exit)) resolve(exit.value)
        else reject(Cause.hasInterruptsOnly(exit.cause) ? ended() : Cause.squash(exit.cause))
      })
    )
    // One that nobody waits for any more must not end the process.
    made.catch(() => undefined)
    return made
  }
  return promise
})

export const make = <E extends Event, Options, X>(
  run: (intake: AsyncIntake<E>, signal: AbortSignal, options: Options) => Promise<void>,
  errors: Errors<X>
): ((intake: Intake<E>, options: Options) => Effect.Effect<void, X>) =>
  Effect.fnUntraced(function* (intake, options) {
    const promise = yield* promised(errors)
    const claims = new Map<Split, Promised>()
    const of = (split: Split | undefined) => claims.get(split ?? "") ?? promise
    const given: AsyncIntake<E> = {
      append: (chunk) => of(chunk.split)(intake.append(chunk)),
      full: () => promise(intake.full),
      expect: (bytes) => promise(intake.expect(bytes)),
      unread: (split, left) => of(split)(intake.unread(split, left)),
      problems: (found) => promise(intake.problems(found)),
      lag: (found) => promise(intake.lag(found)),
      present: (among) =>
        promise(
          intake.present((splits) =>
            Effect.tryPromise({ try: async () => among(splits), catch: (cause) => cause })
          )
        ),
      claim: (split, read) =>
        promise(
          intake.claim(
            split,
            Effect.fnUntraced(function* (after, { revoked }) {
              claims.set(split, yield* promised(errors))
              yield* Effect.addFinalizer(() => Effect.sync(() => claims.delete(split)))
              const asked = new AbortController()
              yield* Effect.forkScoped(
                Effect.andThen(
                  revoked,
                  Effect.sync(() => asked.abort())
                )
              )
              return yield* Effect.tryPromise({
                try: (signal) => read(Option.getOrUndefined(after), { signal, revoked: asked.signal }),
                catch: (cause) => cause
              })
            }, Effect.scoped)
          )
        )
    }
    yield* Effect.tryPromise({ try: (signal) => run(given, signal, options), catch: errors.thrown })
  }, Effect.scoped)
