/**
 * A source kept running: begun anew from its checkpoints after a failure, and when its credentials change.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { type Source, SourceError } from "../../Source.ts"
import type * as Intake from "./Intake.ts"

export interface Options {
  readonly source: Source
  /** The intake of one run: what a former run knew of its splits is gone. */
  readonly intake: () => Intake.Made
  readonly run: Parameters<Source["run"]>[1]
  /** Yields when the source is to run again after a failure: `true`; or that it is not: `false`. */
  readonly again: (error: SourceError) => Effect.Effect<boolean>
  /** Completes when it is to be run anew because others left splits behind; asked again for each run. */
  readonly leftBehind?: Effect.Effect<void>
  /** Called when the source is run anew because its credentials changed. */
  readonly onChange: Effect.Effect<void>
}

/** One run of a source. It fails as well where the source itself would only wait: when another has overtaken it. */
export const once = (
  source: Source,
  { intake, overtaken }: Intake.Made,
  run: Options["run"]
): Effect.Effect<void, SourceError> =>
  Effect.raceFirst(source.run(intake, run), Deferred.await(overtaken)).pipe(
    Effect.catchDefect((defect) => Effect.fail(ofDefect(defect)))
  )

const ofDefect = (defect: unknown): SourceError =>
  new SourceError({
    kind: "retry",
    reason: "defect",
    detail: `a defect of the source: ${defect instanceof Error ? defect.message : String(defect)}`
  })

/** Fails with the error after which the source is not run again. */
export const forever = Effect.fnUntraced(function* ({
  source,
  intake,
  run,
  again,
  leftBehind = Effect.never,
  onChange
}: Options): Effect.fn.Return<void, SourceError, Scope.Scope> {
  const scope = yield* Effect.scope
  // Asked before the credentials are read, each time: a change meanwhile is not missed.
  const ask = Effect.forkIn(source.changed ?? Effect.never, scope, { startImmediately: true })
  let changed = yield* ask
  const change = Effect.suspend(() => Effect.as(Fiber.join(changed), "changed" as const))
  for (;;) {
    if (changed.pollUnsafe() !== undefined) {
      changed = yield* ask
      yield* onChange
    }
    const running = Effect.as(once(source, intake(), run), "ended" as const)
    const anew = Effect.raceFirst(
      source.renews === true ? Effect.never : change,
      Effect.as(leftBehind, "changed" as const)
    )
    const found = yield* Effect.result(Effect.raceFirst(running, anew))
    if (Result.isSuccess(found)) {
      if (found.success === "ended") return
      continue
    }
    const goesOn = yield* Effect.raceFirst(again(found.failure), Effect.as(change, true))
    if (!goesOn) return yield* found.failure
  }
}, Effect.scoped)
