/**
 * Owner of time, order, chance and death. A run is one synchronous function: what waits for a real promise, timer or
 * socket never wakes.
 *
 * A process dies by being dropped: none of its tasks runs again, no finalizer either, as with `kill -9`. Its timers
 * die with it; those of the world do not: a request on the wire arrives although its sender is dead.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type { Scheduler } from "effect/Scheduler"
import * as Chance from "./chance.ts"
import * as Timers from "./timers.ts"

export interface Process {
  readonly isAlive: () => boolean
  /** Nothing of it runs again. */
  readonly kill: () => void
  /** Stops it as it stands, as a machine that sleeps does: what comes meanwhile is seen when it goes on. */
  readonly pause: () => void
  readonly goOn: () => void
  /** A timer that dies with the process. */
  readonly after: (delay: number, run: () => void) => void
  readonly run: <A, E>(effect: Effect.Effect<A, E>, onExit: (exit: Exit.Exit<A, E>) => void) => void
  /** Whether nothing of it is due, now or later: only something outside can wake it. */
  readonly isIdle: () => boolean
  /** Scheduler steps so far. */
  readonly steps: () => number
}

export interface Life {
  /** Dies after this scheduler step. */
  readonly dieAtStep: number | undefined
  /** Told a moment after it was killed. */
  readonly onDeath: () => void
  /** By how much its clock is wrong, in milliseconds. */
  readonly skew?: number
  readonly onLog: (line: string) => void
}

export interface Kernel {
  /** Epoch milliseconds of the virtual clock. */
  readonly now: () => number
  readonly chance: (name: string) => Chance.Chance
  /** A timer of the world. */
  readonly after: (delay: number, run: () => void) => void
  readonly boot: (life: Life) => Process
  /** Runs until `isOver`, or until nothing can happen any more. */
  readonly run: (isOver: () => boolean) => "over" | "still" | "runaway"
  readonly trace: (line: string) => void
  readonly lastLines: () => ReadonlyArray<string>
  /** Of all trace lines: equal for equal runs. */
  readonly hash: () => string
}

/** The virtual clock starts on 2026-01-01. */
export const epoch = Date.UTC(2026, 0, 1)

/** More steps than any history needs; beyond it something turns in a circle. */
const mostSteps = 20_000_000

interface Line {
  readonly tasks: Array<() => void>
  readonly process: Process
}

export const make = (seed: number, preemption: number): Kernel => {
  const timers = Timers.make()
  const order = Chance.make(seed, "order")
  const preempting = Chance.make(seed, "preemption")
  const engine = Chance.make(seed, "engine")
  const lines: Array<string> = []
  let hash = 0
  let now = epoch
  let steps = 0
  let ready: Array<Line> = []

  const boot = (life: Life): Process => {
    let dead = false
    let own = 0
    let paused = false
    /** What came while it stood still. */
    let missed: Array<() => void> = []
    let held: Array<Line> = []
    const pending = new Set<Timers.Timer>()
    const after = (delay: number, run: () => void) => {
      const timer = timers.set(now + delay, () => {
        pending.delete(timer)
        if (dead) return
        if (paused) missed.push(run)
        else run()
      })
      pending.add(timer)
      return () => {
        timer.run = undefined
        pending.delete(timer)
      }
    }
    const process: Process = {
      isAlive: () => !dead,
      kill: () => {
        if (dead) return
        dead = true
        ready = ready.filter((line) => line.process !== process)
        timers.set(now, life.onDeath)
      },
      pause: () => {
        paused = true
        held = ready.filter((line) => line.process === process)
        ready = ready.filter((line) => line.process !== process)
      },
      goOn: () => {
        if (!paused) return
        paused = false
        if (dead) return
        ready.push(...held)
        const runs = missed
        missed = []
        held = []
        for (const run of runs) timers.set(now, () => dead || run())
      },
      after,
      run: (effect, onExit) => {
        const fiber = Effect.runForkWith(context)(effect, { scheduler })
        fiber.addObserver((exit) => {
          if (!dead) onExit(exit)
        })
      },
      isIdle: () => pending.size === 0 && !ready.some((line) => line.process === process),
      steps: () => own
    }
    const scheduler: Scheduler = {
      executionMode: "sync",
      shouldYield: (fiber) =>
        dead || fiber.currentOpCount > 2048 || (fiber.currentOpCount > 1 && preempting.hit(preemption)),
      // Effect asks for one dispatcher a fiber: within it order is promised, between them it is not.
      makeDispatcher: () => {
        const tasks: Array<() => void> = []
        return {
          scheduleTask: (task) => {
            if (!dead && tasks.push(task) === 1) (paused ? held : ready).push({ tasks, process })
          },
          flush: () => {
            while (tasks.length > 0) tasks.shift()!()
          }
        }
      }
    }
    const step = (task: () => void) => {
      task()
      if (++own === life.dieAtStep && !dead) {
        trace(`dies after step ${own}`)
        process.kill()
      }
    }
    stepping.set(process, step)
    const context = contextOf(after, life.onLog, life.skew ?? 0)
    return process
  }
  const stepping = new WeakMap<Process, (task: () => void) => void>()

  const contextOf = (
    after: (delay: number, run: () => void) => () => void,
    onLog: Life["onLog"],
    skew: number
  ) => {
    const nanos = () => BigInt(now + skew) * 1_000_000n
    const clock: Clock.Clock = {
      ...Context.get(Context.empty(), Clock.Clock),
      currentTimeMillisUnsafe: () => now + skew,
      currentTimeMillis: Effect.sync(() => now + skew),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) => {
        const delay = Duration.toMillis(duration)
        if (delay <= 0) return Effect.yieldNow
        if (!Number.isFinite(delay)) return Effect.never
        return Effect.callback<void>((resume) => {
          return Effect.sync(after(delay, () => resume(Effect.void)))
        })
      }
    }
    const logger = Logger.make(({ message, cause }) =>
      onLog(`${[message].flat().join(" ")} ${String(cause)}`)
    )
    return Context.make(Clock.Clock, clock).pipe(
      Context.add(Random.Random, {
        nextDoubleUnsafe: engine.next,
        nextIntUnsafe: () => engine.between(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
      }),
      Context.add(Logger.CurrentLoggers, new Set([logger])),
      Context.add(Metric.MetricRegistry, new Map())
    )
  }

  const trace = (line: string) => {
    const full = `${now - epoch} ${line}`
    hash = Chance.hash(full, hash)
    lines.push(full)
    if (lines.length > 200) lines.splice(0, 100)
  }

  const runReady = (isOver: () => boolean) => {
    while (ready.length > 0 && !isOver() && steps < mostSteps) {
      steps++
      const index = order.below(ready.length)
      const line = ready[index]!
      const task = line.tasks.shift()!
      if (line.tasks.length === 0) {
        ready[index] = ready.at(-1)!
        ready.pop()
      }
      stepping.get(line.process)!(task)
    }
  }

  return {
    now: () => now,
    chance: (name) => Chance.make(seed, name),
    after: (delay, run) => {
      timers.set(now + delay, run)
    },
    boot,
    run: (isOver) => {
      for (;;) {
        runReady(isOver)
        if (isOver()) return "over"
        if (steps >= mostSteps) return "runaway"
        const timer = timers.next()
        if (timer === undefined) return "still"
        now = Math.max(now, timer.at)
        timer.run!()
      }
    },
    trace,
    lastLines: () => lines.slice(-20),
    hash: () => hash.toString(16).padStart(8, "0")
  }
}
