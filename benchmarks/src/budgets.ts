/** What Millrace promises itself, held against the stored results. */
import type { Results } from "./results.ts"
import { table } from "./table.ts"

interface Budget {
  readonly title: string
  readonly unit: string
  readonly digits: number
  /** The most it may be, and what we aim at. Without it, the figure is only told. */
  readonly must?: number
  readonly aim?: number
  /** `must` and `aim` are the least, not the most. */
  readonly isLeast?: boolean
  readonly found: (results: Results) => number | undefined
}

const figure = (results: Results, measurement: string, row: string, column: string): number | undefined =>
  results[measurement]?.rows.find(({ name }) => name === row)?.figures[column]

const ratio = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one / other

const highest = (numbers: ReadonlyArray<number | undefined>): number | undefined => {
  const found = numbers.filter((number) => number !== undefined)
  return found.length === 0 ? undefined : Math.max(...found)
}

/** Of every row: all of them are inputs of any size. */
const resident = (results: Results): number | undefined =>
  highest([
    ...(results["memory"]?.rows.map(({ figures }) => figures["resident"]) ?? []),
    ...["closed", "large"].flatMap((name) => results[name]?.rows.map(({ figures }) => figures["peak"]) ?? []),
    ...["command", "bucket", "avro"].map((name) => figure(results, "cost", name, "peak"))
  ])

const more = (results: Results, kind: "remote" | "memory", by: "2" | "halves") =>
  ratio(figure(results, "workers", `${kind}-${by}`, "rate"), figure(results, "workers", `${kind}-1`, "rate"))

const budgets: ReadonlyArray<Budget> = [
  {
    title: "CPU per event, durable, against the bare loop",
    unit: "×",
    digits: 2,
    must: 2,
    aim: 1.4,
    found: (results) => figure(results, "cost", "sqlite", "ratio")
  },
  {
    title: "the same over 600,000 events, where a start hardly counts",
    unit: "×",
    digits: 2,
    found: (results) => figure(results, "steady", "sqlite", "ratio")
  },
  {
    title: "CPU per event from Avro, durable, against a bare loop from Avro",
    unit: "×",
    digits: 2,
    must: 2,
    aim: 1.4,
    found: (results) =>
      ratio(figure(results, "cost", "avro", "cpu"), figure(results, "cost", "avro-floor", "cpu"))
  },
  {
    title: "the same over 600,000 events",
    unit: "×",
    digits: 2,
    found: (results) =>
      ratio(figure(results, "steady", "avro", "cpu"), figure(results, "steady", "avro-floor", "cpu"))
  },
  {
    title: "CPU per event against Segment's `actions-core`, mapped in code, not durable",
    unit: "×",
    digits: 2,
    must: 0.6,
    aim: 0.45,
    found: (results) =>
      ratio(figure(results, "cost", "sqlite", "cpu"), figure(results, "cost", "segment", "cpu"))
  },
  {
    title: "the same, mapped by its directives",
    unit: "×",
    digits: 2,
    found: (results) =>
      ratio(figure(results, "cost", "sqlite", "cpu"), figure(results, "cost", "directives", "cpu"))
  },
  {
    title: "CPU per event with all telemetry on, against off",
    unit: "×",
    digits: 2,
    must: 1.05,
    found: (results) =>
      ratio(figure(results, "cost", "telling", "cpu"), figure(results, "cost", "silent", "cpu"))
  },
  {
    title: "CPU per event from a bucket of S3, against a folder",
    unit: "×",
    digits: 2,
    must: 1.15,
    found: (results) =>
      ratio(figure(results, "cost", "bucket", "cpu"), figure(results, "cost", "sqlite", "cpu"))
  },
  {
    title: "resident memory, input of any size",
    unit: "MiB",
    digits: 0,
    must: 230,
    aim: 150,
    found: resident
  },
  {
    title: "cold start to the first request",
    unit: "s",
    digits: 2,
    must: 1.2,
    aim: 0.6,
    found: (results) => figure(results, "start", "cold", "seconds")
  },
  {
    title: "restart with 1,000,000 events waiting, to the first request",
    unit: "s",
    digits: 2,
    must: 2,
    aim: 1,
    found: (results) => figure(results, "restart", "command", "seconds")
  },
  {
    title: "share of a processor, idle over 50,000 files",
    unit: "%",
    digits: 2,
    must: 1,
    aim: 0.2,
    found: (results) => figure(results, "idle", "50000", "share")
  },
  {
    title: "receipt by the HTTP source to the first attempt, one attempt in ten failing, 99 in 100 within",
    unit: "ms",
    digits: 0,
    must: 100,
    aim: 50,
    found: (results) => figure(results, "latency", "failing", "p99")
  },
  {
    title: "the same, 999 in 1,000 within",
    unit: "ms",
    digits: 0,
    must: 500,
    aim: 200,
    found: (results) => figure(results, "latency", "failing", "p999")
  },
  {
    title: "mParticle batches, grouped by user against one an event",
    unit: "×",
    digits: 2,
    must: 0.5,
    found: (results) =>
      ratio(
        figure(results, "grouping", "small-user", "batches"),
        figure(results, "grouping", "small-event", "batches")
      )
  },
  {
    title: "two workers against two processes with half of the input each, events a second",
    unit: "×",
    digits: 2,
    must: 0.95,
    isLeast: true,
    found: (results) => ratio(more(results, "remote", "2"), more(results, "remote", "halves"))
  },
  {
    title: "the same against a transport in memory",
    unit: "×",
    digits: 2,
    must: 0.95,
    isLeast: true,
    found: (results) => ratio(more(results, "memory", "2"), more(results, "memory", "halves"))
  },
  {
    title: "two workers against one, events a second",
    unit: "×",
    digits: 2,
    found: (results) => more(results, "remote", "2")
  }
]

export const budgetTable = (results: Results): string =>
  table(
    ["", "must", "aim", "measured"],
    budgets.map((budget) => [
      budget.title,
      budget.must === undefined ? "" : `${budget.isLeast ? "≥" : "≤"} ${budget.must} ${budget.unit}`,
      budget.aim === undefined ? "" : `${budget.aim} ${budget.unit}`,
      measured(budget, budget.found(results))
    ])
  )

const measured = ({ digits, isLeast = false, must, unit }: Budget, value: number | undefined): string => {
  if (value === undefined) return "not yet"
  const text = `${value.toFixed(digits)} ${unit}`
  const isMissed = must !== undefined && (isLeast ? value < must : value > must)
  return isMissed ? `**${text}**` : text
}
