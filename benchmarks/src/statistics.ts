import type { Run } from "./measure.ts"

/** The middle value; of an even number, the mean of the two in the middle. */
export const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The least value that so many in a hundred do not exceed. */
export const percentile = (numbers: ReadonlyArray<number>, share: number): number =>
  [...numbers].sort((left, right) => left - right)[Math.ceil((numbers.length * share) / 100) - 1]!

/** A subject's rounds in one line. */
export interface Summary {
  /** Microseconds of CPU per event. */
  readonly cpu: { readonly median: number; readonly best: number }
  /** Against the floor: of the medians, and of the best rounds. */
  readonly ratio: { readonly median: number; readonly best: number }
  /** Median events a second. */
  readonly rate: number
  /** Bytes: the median of the peaks. */
  readonly peak: number
  /** Median requests for a thousand events read. */
  readonly requests: number
}

const perEvent = (runs: ReadonlyArray<Run>, events: number) => {
  const costs = runs.map(({ cpu }) => cpu / events)
  return { median: median(costs), best: Math.min(...costs) }
}

export const summarize = (runs: ReadonlyArray<Run>, floor: ReadonlyArray<Run>, events: number): Summary => {
  const [cpu, least] = [perEvent(runs, events), perEvent(floor, events)]
  return {
    cpu,
    ratio: { median: cpu.median / least.median, best: cpu.best / least.best },
    rate: median(runs.map(({ wall }) => (events * 1000) / wall)),
    peak: median(runs.map(({ peak }) => peak)),
    requests: median(runs.map(({ requests }) => (1000 * requests) / events))
  }
}
