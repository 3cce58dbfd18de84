/**
 * One history, from an empty disk to the day when everything has settled: lives follow one another on the same disk,
 * each with a crash if the plan has one for it; faults end at a known time, and then there are three days to settle.
 */
import * as DeadLetters from "@millrace/core/DeadLetters"
import * as Exporter from "@millrace/core/Exporter"
import { Outbox } from "@millrace/core/Outbox"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Client from "./client.ts"
import * as FleetHistory from "./fleetHistory.ts"
import * as Kernel from "./kernel.ts"
import * as Keys from "./keys.ts"
import * as Life from "./life.ts"
import * as MemoryDisk from "./memoryDisk.ts"
import type { History, Setup } from "./model.ts"
import { calmAt, type Plan } from "./plan.ts"
import * as Witness from "./witness.ts"

const minute = 60_000
const lookEvery = 10 * minute
const patience = 3 * 24 * 60 * minute
const mostLives = 400

export const run = (plan: Plan, setup: Setup = {}): History => {
  if (plan.fleet !== undefined) return FleetHistory.run(plan, plan.fleet, setup)
  const kernel = Kernel.make(plan.seed, plan.preemption)
  const witness = Witness.make(plan, kernel)
  const world = { plan, kernel, witness, keys: Keys.make(plan, kernel), client: Client.make(plan, kernel) }
  const disk = (setup.outbox ?? MemoryDisk.make)()
  const calm = Kernel.epoch + calmAt(plan)
  const failures = new Set(plan.failures)
  const lives: Array<History["lives"][number]> = []
  let calls = 0
  let idle = 0
  let isOver = false

  const isSettled = () =>
    world.client.isSatisfied() &&
    witness.waiting() === 0 &&
    plan.splits.every(({ chunks }) => chunks.every(witness.isAppended))

  const open = (scope: Scope.Closeable) =>
    Context.get(Effect.runSync(Layer.buildWithMemoMap(disk.layer, Layer.makeMemoMapUnsafe(), scope)), Outbox)

  const boot = (isLast: boolean) => {
    const number = witness.lives()
    const follow = !isLast && plan.follow[number % plan.follow.length] === true
    const scope = Effect.runSync(Scope.make())
    const before = witness.progress()
    witness.booted()
    kernel.trace(`boots ${follow ? "to follow" : "to end"}`)
    const outbox = open(scope)
    const life = Life.begin({
      world,
      start: setup.start ?? Exporter.start,
      outbox: Effect.succeed(outbox),
      scope,
      follow,
      crash: isLast ? undefined : plan.crashes[number],
      fails: () => !isLast && failures.has(calls++),
      onEnd: (end) => {
        lives.push(life.points())
        witness.ended(life.process)
        world.client.lost(life.process)
        if (end === "killed") disk.crash()
        if (isLast) {
          if (witness.progress() !== before)
            witness.violate("settling", "all had settled, and a restart found more to do")
          witness.finish(Effect.runSync(DeadLetters.all(outbox)))
        }
        Effect.runSync(Scope.close(scope, Exit.void))
        if (isLast) isOver = true
        else next(end, number, witness.progress() > before)
      }
    })
    watch(life, follow, false)
  }

  /** Looks in on a life now and then; one that follows and has nothing left to do is asked to end. */
  const watch = (life: Life.Life, follow: boolean, wasSettled: boolean) =>
    kernel.after(lookEvery, () => {
      if (!life.isAlive()) return
      if (kernel.now() > calm + patience) {
        const why = life.isIdle()
          ? "stalled: nothing of the process is due; it waits for what is not simulated, or was never woken"
          : "not settled three days after the last fault"
        return witness.violate("settling", why)
      }
      const settled = isSettled()
      if (settled && wasSettled && follow) life.drain()
      watch(life, follow, settled)
    })

  const next = (end: Life.End, number: number, hasProgress: boolean) => {
    if (number >= mostLives || kernel.now() > calm + patience) {
      return witness.violate("settling", `not settled after ${number + 1} lives`)
    }
    if (isSettled()) return kernel.after(lookEvery, () => boot(true))
    idle = end === "ended" && !hasProgress ? idle + 1 : 0
    const longest = kernel.now() < calm ? 360 * minute : 60 * minute
    const pause = end === "ended" ? Math.min(longest, minute * 2 ** idle) : 1000
    kernel.after(end === "killed" ? (plan.crashes[number]?.down ?? 0) : pause, () => boot(false))
  }

  boot(false)
  const isFailed = () => witness.violations.length > 0
  const verdict = kernel.run(() => isOver || isFailed())
  if (verdict === "still") witness.violate("settling", "stalled: nothing is due in the whole history")
  if (verdict === "runaway") witness.violate("settling", "runaway: something turns in a circle")
  const lasted = kernel.now() - Kernel.epoch
  // What is still on its way arrives.
  if (!isFailed()) kernel.run(isFailed)
  disk.remove()
  return {
    plan,
    violations: witness.violations,
    hash: kernel.hash(),
    trace: kernel.lastLines(),
    lives,
    lasted
  }
}
