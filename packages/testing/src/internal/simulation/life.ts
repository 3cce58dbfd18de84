/** One process of a history: the real engine from its start to its end or its death. */
import type * as Exporter from "@millrace/core/Exporter"
import { type Instance, Outbox } from "@millrace/core/Outbox"
import * as Route from "@millrace/core/Route"
import type { Running } from "@millrace/core/Running"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Destination from "./destination.ts"
import * as Disk from "./disk.ts"
import { epoch, type Process } from "./kernel.ts"
import { laneName, type Plan } from "./plan.ts"
import * as Sources from "./sources.ts"
import type { Host, World } from "./world.ts"

/** How a life ended: by itself, or drained, or since the outbox failed as planned, or killed. */
export type End = "ended" | "failed" | "killed"

export interface Options {
  readonly world: World
  readonly start: typeof Exporter.start
  /** Opens the outbox in the process. */
  readonly outbox: Effect.Effect<Outbox["Service"], never, Scope.Scope>
  readonly scope: Scope.Closeable
  /** Who it is in a fleet. */
  readonly instance?: Instance
  readonly skew?: number
  /** Until when the outbox cannot be reached, in epoch milliseconds; 0 while it can. */
  readonly cutUntil?: () => number
  readonly follow: boolean
  readonly crash: Plan["crashes"][number] | undefined
  readonly fails: () => boolean
  readonly onEnd: (end: End) => void
}

export interface Life {
  readonly process: Process
  readonly isAlive: () => boolean
  readonly isIdle: () => boolean
  readonly drain: () => void
  /** Crash points passed so far. */
  readonly points: () => { readonly hooks: number; readonly steps: number }
}

export const begin = (options: Options): Life => {
  const { world, follow, crash, onEnd } = options
  const { plan, kernel, witness } = world
  let hooks = 0
  let end: End | undefined
  let isDrained = false
  let onDrain = (): void => {}

  const conclude = (how: End) => {
    if (end !== undefined) return
    end = how
    process.kill()
    kernel.trace(`process ${how}`)
    onEnd(how)
  }
  const process = kernel.boot({
    dieAtStep: crash !== undefined && "step" in crash.at ? crash.at.step : undefined,
    ...(options.skew === undefined ? {} : { skew: options.skew }),
    onDeath: () => conclude("killed"),
    onLog: (line) => {
      kernel.trace(`log: ${line}`)
      witness.shown(line)
    }
  })
  const host: Host = {
    process,
    dies: (point) => {
      if (!process.isAlive()) return true
      hooks++
      kernel.trace(point)
      if (crash === undefined || !("hook" in crash.at) || hooks !== crash.at.hook) return false
      kernel.trace(`dies at hook ${hooks}`)
      process.kill()
      return true
    }
  }
  if (crash !== undefined && "time" in crash.at) {
    kernel.after(Math.max(0, crash.at.time + epoch - kernel.now()), () => {
      if (process.isAlive()) kernel.trace("dies at its time")
      process.kill()
    })
  }

  const attachment: Disk.Attachment = {
    process,
    now: kernel.now,
    witness,
    chance: kernel.chance(`disk ${witness.lives()}`),
    dies: host.dies,
    fails: options.fails,
    fullUntil: () => {
      const now = kernel.now() - epoch
      return (
        epoch +
        Math.max(0, ...plan.full.filter(({ from, to }) => from <= now && now < to).map(({ to }) => to))
      )
    },
    chunkOf: ({ origin, advance }) =>
      advance === undefined
        ? world.client.current(process)
        : plan.splits.find(({ name }) => name === origin.split)?.chunks[Number(advance.to) - 1],
    cutUntil: options.cutUntil ?? (() => 0),
    scope: options.scope
  }

  const program = Effect.scoped(
    Effect.gen(function* () {
      const running = yield* options.start(definition(world, host), {
        follow,
        drain: "10 seconds",
        ...(options.instance === undefined ? {} : { instance: options.instance })
      })
      for (const pause of plan.pauses) yield* Effect.forkChild(operate(world, running, pause))
      yield* Effect.forkChild(Effect.andThen(drainAsked, running.drain))
      const report = yield* running.ended
      for (const { trouble } of report.lanes) witness.shown(trouble)
    })
  ).pipe(
    Effect.provideServiceEffect(
      Outbox,
      Effect.map(options.outbox, (outbox) => Disk.attach(outbox, attachment))
    ),
    Effect.scoped
  )

  // Also before it has started: it then ends as soon as it has.
  const drainAsked = Effect.callback<void>((resume) => {
    onDrain = () => resume(Effect.void)
    if (isDrained) onDrain()
  })

  process.run(program, (exit) => {
    if (Exit.isSuccess(exit)) return conclude("ended")
    const found = Cause.findError(exit.cause)
    const isPlanned = Result.isSuccess(found) && isUnavailable(found.success)
    const text = String(Cause.squash(exit.cause))
    witness.shown(text)
    if (!isPlanned) witness.violate("settling", `the exporter failed: ${text}`)
    conclude("failed")
  })

  return {
    process,
    isAlive: process.isAlive,
    isIdle: process.isIdle,
    drain: () => {
      if (!process.isAlive()) return
      isDrained = true
      onDrain()
    },
    points: () => ({ hooks, steps: process.steps() })
  }
}

const isUnavailable = (error: object) => "reason" in error && error.reason === "Unavailable"

const definition = (world: World, host: Host): Exporter.Definition => ({
  dedupe: world.plan.dedupe ? "30 days" : undefined,
  // As little as there can be: histories last for days.
  checkpointRetention: "1 day",
  sources: {
    pulled: Sources.pulled(world, host),
    ...(world.plan.requests.length > 0 ? { pushed: Sources.pushed(world, host) } : {})
  },
  routes: world.plan.routes.map(
    (route, index): Route.Route => ({
      name: route.name,
      except: ["simulated.other"],
      // Every other route stores its events as its intake left them.
      intake: index % 2 === 0 ? undefined : [(event: Sources.SimulatedEvent) => ({ ...event })],
      changes: [
        (event: Sources.SimulatedEvent) => {
          if (event.properties.fate === "throw") throw new Error("planned to be thrown")
          return event.properties.fate === "filter" ? Route.filtered("chosen") : event
        }
      ],
      destination: Destination.make(world, host, index),
      ordering: route.ordering,
      retention: route.retention,
      share: route.share,
      policy: { probeEvery: route.probeEvery }
    })
  )
})

/** An operator's pause, taken up again by every life until its end. */
const operate = Effect.fnUntraced(function* (
  { plan, kernel, witness }: World,
  running: Running,
  pause: Plan["pauses"][number]
) {
  const key = { route: plan.routes[pause.route]!.name, lane: laneName(pause.lane) }
  const record = witness.lane(key)
  const until = (time: number) => Effect.sleep(Math.max(0, time + epoch - kernel.now()))
  if (kernel.now() < pause.to + epoch) {
    yield* until(pause.from)
    const isDone = yield* Effect.isSuccess(running.pause(key, true))
    if (isDone) record.paused(true)
    yield* until(pause.to)
  }
  record.paused(false)
  // Refused by a disk in trouble, it is asked for again.
  yield* Effect.eventually(Effect.tapError(running.pause(key, false), () => Effect.sleep(1000)))
})
