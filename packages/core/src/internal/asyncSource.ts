/**
 * The intake of a source with promises: each of them ends with the source, or with the claim of the split that it is about.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type { Event } from "../Event.ts"
import type { Split } from "../Intake.ts"
import type { AsyncIntake, RunOptions, Source, SourceError } from "../Source.ts"

type Promised = <A>(effect: Effect.Effect<A, unknown>) => Promise<A>

/** Made by `Source` itself, which makes its errors. */
export interface Errors {
  /** Of a promise that is asked for too late. */
  readonly ended: () => SourceError
  /** Of what an author's function threw. */
  readonly thrown: (cause: unknown) => SourceError
}

/** Promises that reject when the scope closes. */
const promised = Effect.fnUntraced(function* ({ ended }: Errors) {
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

export const make =
  <E extends Event>(
    run: (intake: AsyncIntake<E>, signal: AbortSignal, options: RunOptions) => Promise<void>,
    errors: Errors
  ): Source<E>["run"] =>
  (intake, options) =>
    Effect.scoped(
      Effect.gen(function* () {
        const promise = yield* promised(errors)
        const claims = new Map<Split, Promised>()
        const of = (split: Split | undefined) => claims.get(split ?? "") ?? promise
        const given: AsyncIntake<E> = {
          append: (chunk) => of(chunk.split)(intake.append(chunk)),
          full: () => promise(intake.full),
          expect: (bytes) => promise(intake.expect(bytes)),
          unread: (split, left) => of(split)(intake.unread(split, left)),
          problems: (found) => promise(intake.problems(found)),
          claim: (split, read) =>
            promise(
              intake.claim(split, (after, { revoked }) =>
                Effect.scoped(
                  Effect.gen(function* () {
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
                  })
                )
              )
            )
        }
        yield* Effect.tryPromise({ try: (signal) => run(given, signal, options), catch: errors.thrown })
      })
    )
