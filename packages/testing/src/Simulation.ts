/**
 * Deterministic simulation: the real engine on a virtual clock, with a remote that fails, an outbox that fails and
 * processes that die at any point. Days of outage take milliseconds, and a seed repeats a run exactly.
 *
 * After every commit and every acceptance the promises of the engine are checked: conservation, at least once, stable
 * ids, isolation of lanes, order per user, bounds, waits kept, no secret shown; at the end, that all has settled.
 *
 * @since 1.0.0
 */
import * as CrashPoints from "./internal/simulation/crashPoints.ts"
import * as Generate from "./internal/simulation/generate.ts"
import * as GenerateFleet from "./internal/simulation/generateFleet.ts"
import * as HistoryRun from "./internal/simulation/history.ts"
import type { History, Setup } from "./internal/simulation/model.ts"
import * as Plans from "./internal/simulation/plan.ts"
import * as Shrink from "./internal/simulation/shrink.ts"

export type { Disk, History, Setup, Violation } from "./internal/simulation/model.ts"

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
 * The plan of a seed. Seeds hold for one version of this package: keep plans, not seeds. A `small` one has a handful of
 * events and no crash, to be tried with a crash at every point.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plan = (seed: number, size: "usual" | "small" = "usual"): Plan => Generate.generate(seed, size)

/**
 * The plan of a seed for several exporters over one outbox: they stand still, are cut off, die, are restarted, and their clocks
 * disagree.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fleetPlan = (seed: number): Plan => GenerateFleet.generateFleet(seed)

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
