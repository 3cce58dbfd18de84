/** A smaller plan that breaks the same promise. */

import { run } from "./history.ts"
import type { History, Setup } from "./model.ts"
import type { Plan, PlannedChunk } from "./plan.ts"

/** Every plan that is one thing smaller. */
function* smaller(plan: Plan): Generator<Plan> {
  const lists = [
    "requests",
    "splits",
    "windows",
    "rotations",
    "pauses",
    "full",
    "failures",
    "crashes"
  ] as const
  for (const list of lists) {
    for (const index of plan[list].keys()) yield { ...plan, [list]: without<unknown>(plan[list], index) }
  }
  for (const [split, { chunks }] of plan.splits.entries()) {
    const withChunks = (changed: ReadonlyArray<PlannedChunk>): Plan => ({
      ...plan,
      splits: replaced(plan.splits, split, { ...plan.splits[split]!, chunks: changed })
    })
    for (const [index, chunk] of chunks.entries()) {
      yield withChunks(without(chunks, index))
      for (const less of smallerChunk(chunk)) yield withChunks(replaced(chunks, index, less))
    }
  }
  for (const [index, request] of plan.requests.entries()) {
    for (const chunk of smallerChunk(request.chunk)) {
      yield { ...plan, requests: replaced(plan.requests, index, { ...request, chunk }) }
    }
  }
  for (const [index, { share, ...route }] of plan.routes.entries()) {
    if (share !== undefined) yield { ...plan, routes: replaced(plan.routes, index, route) }
  }
  if (plan.preemption > 0) yield { ...plan, preemption: 0 }
  if (plan.readers > 1) yield { ...plan, readers: 1 }
}

function* smallerChunk(chunk: PlannedChunk): Generator<PlannedChunk> {
  for (const index of chunk.events.keys()) yield { ...chunk, events: without(chunk.events, index) }
  if (chunk.malformed > 0) yield { ...chunk, malformed: 0 }
}

const without = <A>(list: ReadonlyArray<A>, index: number): ReadonlyArray<A> =>
  list.filter((_, at) => at !== index)

const replaced = <A>(list: ReadonlyArray<A>, index: number, value: A): ReadonlyArray<A> =>
  list.map((old, at) => (at === index ? value : old))

export const shrink = (failed: History, setup: Setup, mostRuns: number): History => {
  let smallest = failed
  let runs = 0
  const step = (): boolean => {
    for (const plan of smaller(smallest.plan)) {
      if (runs++ >= mostRuns) return false
      const history = run(plan, setup)
      if (history.violations[0]?.promise !== failed.violations[0]?.promise) continue
      smallest = history
      return true
    }
    return false
  }
  while (step());
  return smallest
}
