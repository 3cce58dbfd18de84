/**
 * One history of a fleet, from an empty store to the day when everything has settled: several places, in each of which lives
 * follow one another, all over one store at the same time. Faults end at a known time, and then there are three hours to settle.
 */
import * as DeadLetters from "@millrace/core/DeadLetters"
import * as Exporter from "@millrace/core/Exporter"
import * as OutboxMemory from "@millrace/core/OutboxMemory"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Client from "./client.ts"
import * as Kernel from "./kernel.ts"
import * as Keys from "./keys.ts"
import * as Life from "./life.ts"
import type { History, Setup } from "./model.ts"
import { calmAt, type Plan, type PlannedInstance } from "./plan.ts"
import * as Witness from "./witness.ts"
import type { World } from "./world.ts"

const minute = 60_000
const lookEvery = 10_000
const patience = 3 * 60 * minute
const mostLives = 200

export const run = (plan: Plan, fleet: NonNullable<Plan["fleet"]>, setup: Setup): History => {
  const kernel = Kernel.make(plan.seed, plan.preemption)
  const witness = Witness.make(plan, kernel)
  const world = { plan, kernel, witness, keys: Keys.make(plan, kernel), client: Client.make(plan, kernel) }
  const shared = openStore(kernel, fleet, setup)
  const calm = Kernel.epoch + calmAt(plan)
  const places = fleet.instances.map((instance, index) =>
    place(world, shared, setup, instance, `instance-${index}`)
  )

  const isSettled = () =>
    world.client.isSatisfied() &&
    witness.waiting() === 0 &&
    plan.splits.every(({ chunks }) => chunks.every(witness.isAppended))

  let isOver = false
  const watch = (wasSettled: boolean): void =>
    kernel.after(lookEvery, () => {
      if (kernel.now() > calm + patience) {
        if (isSettled()) witness.violate("settling", "all has settled, and the fleet does not end")
        return witness.violate("settling", "not settled three hours after the last fault")
      }
      const settled = isSettled() && kernel.now() > calm
      if (settled && wasSettled) for (const { end } of places) end()
      isOver = places.every(({ isEnded }) => isEnded())
      if (!isOver) watch(settled)
    })
  watch(false)

  const isFailed = () => witness.violations.length > 0
  const verdict = kernel.run(() => isOver || isFailed())
  if (verdict === "still") witness.violate("settling", "stalled: nothing is due in the whole history")
  if (verdict === "runaway") witness.violate("settling", "runaway: something turns in a circle")
  if (!isFailed()) {
    const looking = Effect.scoped(Effect.flatMap(shared.open(), DeadLetters.all))
    witness.finish(Effect.runSync(looking))
  }
  return {
    plan,
    violations: witness.violations,
    hash: kernel.hash(),
    trace: kernel.lastLines(),
    lives: places.flatMap(({ lives }) => lives()),
    lasted: kernel.now() - Kernel.epoch
  }
}

/** The store, whose clock is right. */
const openStore = (
  kernel: Kernel.Kernel,
  { tracks, leaseTime }: NonNullable<Plan["fleet"]>,
  setup: Setup
): OutboxMemory.Shared => {
  const clock = { ...Effect.runSync(Clock.Clock), currentTimeMillisUnsafe: kernel.now }
  const making = (setup.shared ?? OutboxMemory.makeShared)({ tracks, leaseTime, bytes: undefined })
  return Effect.runSync(Effect.provideService(making, Clock.Clock, clock))
}

/** A place of the fleet: one process after the other. */
const place = (
  world: World,
  shared: OutboxMemory.Shared,
  setup: Setup,
  { roles, from, skew, pauses, cuts, crashes, restarts }: PlannedInstance,
  name: string
) => {
  const { kernel, witness } = world
  const passed: Array<History["lives"][number]> = []
  let life: Life.Life | undefined
  let isEnding = false
  let isEnded = false

  const cutUntil = () => {
    const now = kernel.now() - Kernel.epoch
    return (
      Kernel.epoch + Math.max(0, ...cuts.filter((cut) => cut.from <= now && now < cut.to).map(({ to }) => to))
    )
  }
  const reach: Effect.Effect<void> = Effect.suspend(() => {
    const wait = cutUntil() - kernel.now()
    return wait > 0 ? Effect.andThen(Effect.sleep(wait), reach) : Effect.void
  })

  const boot = () => {
    const number = passed.length
    witness.booted()
    kernel.trace(`${name} boots`)
    const scope = Effect.runSync(Scope.make())
    const own = Life.begin({
      world,
      start: setup.start ?? Exporter.start,
      outbox: shared.open(reach),
      scope,
      instance: { name, roles },
      skew,
      cutUntil,
      follow: true,
      crash: crashes[number],
      fails: () => false,
      onEnd: (how) => {
        passed.push(own.points())
        witness.ended(own.process)
        world.client.lost(own.process)
        witness.disturbed(how === "ended")
        // A process that is killed gives nothing up: the store finds out by itself.
        if (how !== "killed") Effect.runSync(Scope.close(scope, Exit.void))
        if (isEnding && how === "ended") {
          isEnded = true
          return
        }
        if (passed.length > mostLives) return witness.violate("settling", `${name} ends again and again`)
        kernel.after(how === "killed" ? (crashes[number]?.down ?? 1000) : 1000, () => {
          if (isEnding) isEnded = true
          else boot()
        })
      }
    })
    life = own
  }
  kernel.after(from, boot)
  for (const span of pauses) {
    kernel.after(span.from, () => {
      kernel.trace(`${name} stands still`)
      witness.disturbed(false)
      const { process } = life ?? {}
      process?.pause()
      kernel.after(span.to - span.from, () => {
        kernel.trace(`${name} goes on`)
        witness.disturbed(false)
        if (process !== undefined) witness.woke(process)
        process?.goOn()
      })
    })
  }
  for (const span of cuts) {
    for (const at of [span.from, span.to])
      kernel.after(at, () => {
        kernel.trace(`${name} ${at === span.from ? "is cut off" : "is back"}`)
        witness.disturbed(false)
      })
  }
  for (const at of restarts) {
    kernel.after(at, () => {
      kernel.trace(`${name} is restarted`)
      witness.disturbed(true)
      life?.drain()
    })
  }

  return {
    end: () => {
      if (isEnding) return
      isEnding = true
      life?.drain()
    },
    isEnded: () => isEnded,
    lives: () => passed
  }
}
