/** The stored results: what the README shows, and what `--compare` holds a run against. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import type { Measured } from "./measurement.ts"

/** What was measured, when, where and how. */
export interface Section extends Pick<Measured, "events" | "rounds" | "rows"> {
  /** As `2026-06-29`. */
  readonly day: string
  readonly command: string
  readonly machine: string
}

export interface Results {
  readonly [measurement: string]: Section
}

const file = new URL("../results.json", import.meta.url)

export const read = (): Results => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {})

/** Replaces what is stored of one measurement. */
export const store = (measurement: string, section: Section): Results => {
  const results = { ...read(), [measurement]: section }
  writeFileSync(file, `${JSON.stringify(results, round, 2)}\n`)
  return results
}

/** Four digits are more than any of them is worth. */
const round = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
