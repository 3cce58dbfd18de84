/** The generated part of the README, between its markers. */
import { readFileSync, writeFileSync } from "node:fs"
import { budgetTable } from "./budgets.ts"
import { figures } from "./figures.ts"
import type { Measurement } from "./measurement.ts"
import type { Results, Section } from "./results.ts"

const file = new URL("../README.md", import.meta.url)
const [begin, end] = ["<!-- results -->", "<!-- end of results -->"]

/** The text with what stands between the markers replaced. */
export const replaced = (text: string, results: string): string => {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`README.md has no ${begin} ... ${end}`)
  return `${text.slice(0, from + begin.length)}\n\n${results}\n\n${text.slice(to)}`
}

/** Everything that is stored, as Markdown. */
export const render = (measurements: ReadonlyArray<Measurement>, results: Results): string =>
  [
    `### Budgets\n\n${budgetTable(results)}`,
    ...measurements.flatMap((measurement) => {
      const section = results[measurement.name]
      return section === undefined ? [] : [sectionText(measurement, section)]
    })
  ].join("\n\n")

export const write = (measurements: ReadonlyArray<Measurement>, results: Results): void =>
  writeFileSync(file, replaced(readFileSync(file, "utf8"), render(measurements, results)))

const sectionText = (measurement: Measurement, section: Section): string => {
  const { command, day, events, machine, rounds, rows } = section
  const often = rounds === 1 ? "once" : `${rounds} rounds`
  return `### ${measurement.title}\n\n${day}, \`${command}\`, ${events.toLocaleString("en")} events, ${often}, ${machine}:\n\n${figures(measurement, rows)}`
}
