/**
 * Deterministic simulation: the real engine on a virtual clock, with a remote that fails, an outbox that fails and
 * processes that die at any point. Days of outage take milliseconds, and a seed repeats a run exactly.
 *
 * After every commit and every acceptance the promises of the engine are checked: conservation, at least once, stable
 * ids, isolation of lanes, order per user, bounds, waits kept, no secret shown; at the end, that all has settled.
 *
 * @since 1.0.0
 */
import type * as Exporter from "@millrace/core/Exporter"
import type { Outbox, OutboxError } from "@millrace/core/Outbox"
import type * as Layer from "effect/Layer"
import * as CrashPoints from "./internal/simulation/crashPoints.ts"
import * as Generate from "./internal/simulation/generate.ts"
import * as HistoryRun from "./internal/simulation/history.ts"
import * as Plans from "./internal/simulation/plan.ts"
import type { Promised } from "./internal/simulation/promises.ts"
import * as Shrink from "./internal/simulation/shrink.ts"

/**
 * Everything that is to happen in a history: plain JSON, so that a failing one can be kept.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Plan = Plans.Plan

/**
 * Everything that is to happen in a history, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Plan = Plans.Plan

/**
 * What the processes of a history write on, one after the other, and what a crash leaves of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Disk {
  /**
   * Opens the outbox; read and built anew for each process. Its calls must end in the thread that makes them, without
   * waiting for a promise, a timer or a worker.
   */
  readonly layer: Layer.Layer<Outbox, OutboxError>
  /**
   * A process has died and closed nothing: from now on `layer` must open what it left. The scope of the old layer is
   * closed after this call.
   */
  readonly crash: () => void
  /** The history is over. */
  readonly remove: () => void
}

/**
 * What is simulated.
 *
 * @since 1.0.0
 * @category models
 */
export interface Setup {
  /** Makes an empty disk for one history; by default one in memory, where every call that took effect is durable. */
  readonly outbox?: () => Disk
  /** The engine; by default that of `@millrace/core`. */
  readonly start?: typeof Exporter.start
}

/**
 * A promise that was broken, and by what.
 *
 * @since 1.0.0
 * @category models
 */
export interface Violation {
  readonly promise: Promised
  readonly text: string
}

/**
 * What came of a plan.
 *
 * @since 1.0.0
 * @category models
 */
export interface History {
  readonly plan: Plan
  /** Empty when every promise was kept; a history ends at its first violation. */
  readonly violations: ReadonlyArray<Violation>
  /** Of the whole trace: equal for equal runs. */
  readonly hash: string
  /** Its last lines. */
  readonly trace: ReadonlyArray<string>
  /** How many crash points each process passed: calls of the outbox and the remote, and scheduler steps. */
  readonly lives: ReadonlyArray<{ readonly hooks: number; readonly steps: number }>
  /** Virtual milliseconds. */
  readonly lasted: number
}

/**
 * The plan of a seed. Seeds hold for one version of this package: keep plans, not seeds. A `small` one has a handful of
 * events and no crash, to be tried with a crash at every point.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plan = (seed: number, size: "usual" | "small" = "usual"): Plan => Generate.generate(seed, size)

/**
 * Runs one history to its end, or to its first violation. Synchronous: what waits for a real promise or timer is
 * reported as stalled.
 *
 * @since 1.0.0
 * @category testing
 */
export const run = (what: Plan | number, setup: Setup = {}): History =>
  HistoryRun.run(typeof what === "number" ? plan(what) : what, setup)

/**
 * The plans in which the process of a history dies once: at each call of the outbox and the remote, before, at and
 * after it, and after each scheduler step. Crashes of the given plan are left out.
 *
 * @since 1.0.0
 * @category testing
 */
export const crashPoints = (plan: Plan, setup: Setup = {}): Iterable<Plan> =>
  CrashPoints.crashPoints(plan, setup)

/**
 * The smallest history found that breaks the same promise, after at most so many runs.
 *
 * @since 1.0.0
 * @category testing
 */
export const shrink = (failed: History, setup: Setup = {}, mostRuns = 500): History =>
  Shrink.shrink(failed, setup, mostRuns)

/**
 * A failed history for people: its seed, what was broken, the last of its trace, and its plan as JSON.
 *
 * @since 1.0.0
 * @category conversions
 */
export const report = ({ plan, violations, trace }: History): string =>
  [
    `seed ${plan.seed}: ${violations.map(({ promise, text }) => `${promise}: ${text}`).join("\n")}`,
    ...trace.map((line) => `  ${line}`),
    "again: npm run simulate -- --plan FILE, with this plan in it:",
    JSON.stringify(plan)
  ].join("\n")
