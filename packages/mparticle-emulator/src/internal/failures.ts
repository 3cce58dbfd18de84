import * as FailurePlan from "../FailurePlan.ts"
import { seededRandom, seedOf } from "./seededRandom.ts"

/** The plan at work. A new plan begins the rows of random numbers anew. */
export interface Failures {
  readonly set: (plan: FailurePlan.FailurePlan, at: number) => void
  readonly next: (facts: FailurePlan.Facts) => FailurePlan.Action | undefined
  readonly standing: (at: number) => ReadonlyArray<FailurePlan.Standing>
}

export const makeFailures = (seed: number): Failures => {
  let standing: ReadonlyArray<FailurePlan.Standing> = []
  let rows = new Map<string, () => number>()
  const rowOf = (feed: string): (() => number) => {
    const row = rows.get(feed) ?? seededRandom(seedOf(seed, feed))
    rows.set(feed, row)
    return row
  }
  return {
    set: (plan, at) => {
      standing = FailurePlan.begin(plan, at)
      rows = new Map()
    },
    next: (facts) => {
      if (standing.length === 0) return undefined
      const decision = FailurePlan.decide(standing, facts, rowOf(facts.feed ?? ""))
      standing = decision.standing
      return decision.action
    },
    standing: (at) => standing.filter(({ until }) => until === null || at < until)
  }
}
