/** Holds a run against the stored one, by what does not hang on the machine: ratios, requests, memory. */
import type { Measurement, Row } from "./measurement.ts"
import type { Results } from "./results.ts"

/** A figure may grow by this share before it counts: two shared cores move a ratio by about 10 %. */
export const tolerance = 0.15

export interface Growth {
  readonly row: string
  readonly figures: ReadonlyArray<{ readonly column: string; readonly from: number; readonly to: number }>
}

export interface Comparison {
  readonly grown: ReadonlyArray<Growth>
  /** Rows that the stored run does not have. */
  readonly unknown: ReadonlyArray<string>
}

/** Fails when what is to be measured cannot be compared with what is stored. */
export const expectStored = (
  measurements: ReadonlyArray<Measurement>,
  results: Results,
  /** As the command line says it. */
  events: number | undefined
): void => {
  for (const { guarded, name } of measurements) {
    const stored = results[name]
    if (guarded.length === 0) continue
    if (stored === undefined)
      throw new Error(`nothing is stored of ${name}: run it with --only ${name} --save first`)
    if (events !== undefined && events !== stored.events)
      throw new Error(`the stored run of ${name} had ${stored.events} events: leave --events out`)
  }
}

export const compare = (
  { columns, guarded, unguarded }: Pick<Measurement, "columns" | "guarded" | "unguarded">,
  stored: ReadonlyArray<Row>,
  measured: ReadonlyArray<Row>
): Comparison => {
  const headOf = (column: string) => columns.find(({ name }) => name === column)?.head ?? column
  const grown: Array<Growth> = []
  const unknown: Array<string> = []
  for (const row of measured) {
    if (guarded.length === 0 || unguarded?.has(row.name)) continue
    const before = stored.find(({ name }) => name === row.name)
    if (before === undefined) {
      unknown.push(row.name)
      continue
    }
    for (const together of guarded) {
      if (!together.every((column) => hasGrown(before, row, column))) continue
      grown.push({
        row: row.name,
        figures: together.map((column) => ({
          column: headOf(column),
          from: before.figures[column] ?? 0,
          to: row.figures[column] ?? 0
        }))
      })
    }
  }
  return { grown, unknown }
}

/** In words, a line each. */
export const report = (name: string, { grown, unknown }: Comparison): ReadonlyArray<string> => [
  ...grown.map(({ row, figures }) => {
    const words = figures.map(
      ({ column, from, to }) =>
        `${column} from ${from.toPrecision(3)} to ${to.toPrecision(3)} (+${Math.round(100 * (to / from - 1))} %)`
    )
    return `${name}: ${row} grew: ${words.join(", ")}`
  }),
  ...unknown.map((row) => `${name}: ${row} is new, and was not compared`)
]

const hasGrown = (before: Row, after: Row, column: string): boolean => {
  const [from, to] = [before.figures[column], after.figures[column]]
  return from !== undefined && to !== undefined && to > from * (1 + tolerance)
}
