/**
 * What opens and closes one source: told of each failure, it says when the source is run again, or that it is not.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Log from "../../Log.ts"
import type { Observe } from "../../Observer.ts"
import * as Policy from "../../Policy.ts"
import type { SourceError } from "../../Source.ts"
import * as Trouble from "../lane/Trouble.ts"
import * as SourceHealth from "./SourceHealth.ts"

export interface SourceGate {
  /** A reader of the source has failed. Yields when it is to run again: `true`; or that it never is: `false`. */
  readonly again: (error: SourceError) => Effect.Effect<boolean>
  /** Something was read. */
  readonly onRead: (now: number) => void
  /** The source has ended by itself. */
  readonly ended: Effect.Effect<void>
  readonly health: () => SourceHealth.SourceHealth
  readonly outcome: () => "ended" | "failed" | undefined
  /** Why it cannot go on, or could not so far; absent for one that is well. */
  readonly error: () => SourceError | undefined
}

export interface Options {
  readonly name: string
  readonly follow: boolean
  /** Milliseconds for which a finite run bears with failures. */
  readonly patience: number
  readonly observe: Observe | undefined
}

/** How a source is tried again. */
const policy = Policy.resolve({}, 1)

/** Milliseconds that a source that follows has run without a failure, after which what was before is over. */
const steady = 120_000

export const make = Effect.fnUntraced(function* ({
  name,
  follow,
  patience,
  observe
}: Options): Effect.fn.Return<SourceGate, never, Scope.Scope> {
  let health = SourceHealth.well(yield* Clock.currentTimeMillis)
  let told: Trouble.Told | undefined
  let last: SourceError | undefined
  let outcome: "ended" | "failed" | undefined
  const hasRead = yield* Latch.make(false)
  const recovering = yield* FiberHandle.make<void>()

  /** Whether the observer was told of trouble that is not over yet. */
  let isTroubled = false

  const observed = (open: boolean, reason: string, at: number, notBefore = 0) => {
    isTroubled = reason !== ""
    observe?.({
      _tag: "SourceGate",
      source: name,
      open,
      ...(reason === "" ? {} : { reason }),
      ...(notBefore > at ? { notBefore } : {}),
      at
    })
  }

  const observedWell = (at: number) => {
    if (isTroubled && outcome !== "failed" && health.reason === "") observed(true, "", at)
  }

  const log = (event: Log.Name, text: string, reason: string) =>
    Log.write(event, text, { source: name, ...(reason === "" ? {} : { reason }) })

  const tell = Effect.gen(function* () {
    const next = Trouble.next(told, health, yield* Clock.currentTimeMillis, Trouble.ofSources)
    told = next.told
    if (next.line === undefined) return
    const { state, text, reason } = next.line
    yield* log(state === "paused" ? "source-closed" : `source-${state}`, text, reason)
  })

  const recover = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    health = SourceHealth.well(now)
    observedWell(now)
    yield* tell
  })

  /** Of a finite run the end tells, by the exit code. */
  const giveUp = Effect.fnUntraced(function* (error: SourceError) {
    if (outcome === "failed") return false
    outcome = "failed"
    last = error
    observed(false, error.reason ?? "fatal", yield* Clock.currentTimeMillis)
    if (follow)
      yield* log("source-failed", `the source cannot go on: ${error.message}`, error.reason ?? "fatal")
    return false
  })

  const isOver = (now: number) => !follow && (!health.gate.open || now - health.failingSince >= patience)

  return {
    again: Effect.fnUntraced(function* (error: SourceError) {
      yield* FiberHandle.clear(recovering)
      if (error.kind === "fatal") return yield* giveUp(error)
      const failedAt = yield* Clock.currentTimeMillis
      health = SourceHealth.after(health, error, { now: failedAt, random: yield* Random.next, policy })
      last = error
      if (isOver(failedAt)) return yield* giveUp(error)
      if (!health.isRenewing) {
        observed(health.gate.open, health.reason, failedAt, health.gate.notBefore)
        yield* tell
      }
      const until = follow
        ? health.gate.notBefore
        : Math.min(health.gate.notBefore, health.failingSince + patience)
      hasRead.closeUnsafe()
      if (follow) {
        const isSteady = Effect.raceFirst(
          Effect.sleep(until - failedAt + steady),
          Effect.andThen(hasRead.await, Effect.sleep(steady))
        )
        yield* FiberHandle.run(recovering, Effect.andThen(isSteady, recover))
      }
      yield* Effect.sleep(until - failedAt)
      return isOver(yield* Clock.currentTimeMillis) ? yield* giveUp(error) : true
    }),
    onRead: (now) => {
      health = SourceHealth.read(health, now)
      observedWell(now)
      hasRead.openUnsafe()
    },
    ended: Effect.suspend(() => {
      outcome ??= "ended"
      return Effect.andThen(FiberHandle.clear(recovering), recover)
    }),
    health: () => health,
    outcome: () => outcome,
    error: () => (outcome === "failed" || health.reason !== "" ? last : undefined)
  }
})
