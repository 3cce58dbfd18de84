/** What the parts cost by themselves. */
import { measure } from "../measure.ts"
import type { Measurement, Row } from "../measurement.ts"
import type { Input } from "../sample.ts"
import { median } from "../statistics.ts"
import { subject } from "../subjects.ts"

interface Part {
  readonly name: string
  readonly title: string
  readonly input: Input
  readonly options: { readonly variant: string; readonly outbox?: string }
  /** Which of the costs that the program tells. */
  readonly cost: string
}

const stage = (variant: string, title: string, input: Input = "ndjson"): Part => ({
  name: `${variant}-${input}`,
  title,
  input,
  options: { variant },
  cost: "round"
})

const stores = (["memory", "sqlite"] as const).flatMap((outbox) =>
  ["append", "take", "settle"].map(
    (cost): Part => ({
      name: `${outbox}-${cost}`,
      title: `${outbox === "sqlite" ? "SQLite" : "memory"} outbox: ${cost}`,
      input: "ndjson",
      options: { variant: "store", outbox },
      cost
    })
  )
)

const parts: ReadonlyArray<Part> = [
  stage("read", "read a file of NDJSON into chunks"),
  stage("read", "read Avro files into chunks", "avro"),
  stage("decode", "decode a stored record of NDJSON"),
  stage("decode", "decode a stored record of Avro", "avro"),
  stage("assign", "select, validate and assign"),
  stage("prepare", "prepare"),
  stage("write", "prepare, and write into a buffer"),
  ...stores
]

export const micro: Measurement = {
  name: "micro",
  title: "The parts by themselves",
  of: "",
  columns: [
    { name: "cpu", head: "µs CPU per event", digits: 2 },
    { name: "best", head: "best", digits: 2 }
  ],
  isLong: false,
  guarded: [],
  usual: { events: 50_000, rounds: 5 },
  run: async (ground, { events, rounds }) => {
    const rows: Array<Row> = []
    // The three parts of a store are measured by one program.
    const told = new Map<string, ReadonlyArray<{ readonly [cost: string]: number }>>()
    for (const { cost, input, name, options, title } of parts) {
      const program = JSON.stringify([options, input])
      if (!told.has(program)) {
        const { costs } = await measure<{
          readonly costs: ReadonlyArray<{ readonly [cost: string]: number }>
        }>(
          subject("millrace", name, title, "micro", { ...options, rounds: String(rounds) }),
          ground,
          ground.sample(input, events)
        )
        told.set(program, costs)
      }
      const costs = told.get(program)!.map((costs) => costs[cost]!)
      const figures = { cpu: median(costs), best: Math.min(...costs) }
      ground.say(`micro: ${title}: ${figures.cpu.toFixed(2)} µs CPU per event`)
      rows.push({ name, title, figures })
    }
    return { rows }
  }
}
