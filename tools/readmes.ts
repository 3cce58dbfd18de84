/**
 * The tables in the READMEs of plugins: settings and credentials from their schemas, outcomes from what they do; and tables of what
 * else is declared in one place, such as metrics. They
 * stand between marks such as `<!-- settings -->` and `<!-- /settings -->`; all else in a README is written by hand, and
 * so is all of a README without marks.
 *
 * `npm run readmes` writes them; `npm test` runs it with `--check`, which fails when they differ from the sources.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import * as Effect from "effect/Effect"
import type { Destination } from "../packages/core/src/Destination.ts"
import * as Plugin from "../packages/core/src/Plugin.ts"
import { missingIn } from "./readmes/configuration.ts"
import { diskTable } from "./readmes/disk.ts"
import { fieldTable } from "./readmes/fields.ts"
import { logTables } from "./readmes/logs.ts"
import { placesIn, put } from "./readmes/markdown.ts"
import { metricTables } from "./readmes/metrics.ts"
import { outcomeTable } from "./readmes/outcomes.ts"
import { probe } from "./readmes/probe.ts"
import { subjects } from "./readmes/subjects.ts"

const root = dirname(import.meta.dirname)
const kinds = ["source", "destination", "outbox"] as const

/** By the name of their place. */
const tablesOf = Effect.fnUntraced(function* (name: string, kind: Plugin.Kind) {
  const module = join(root, "packages", name, "src/index.ts")
  const plugin = yield* Plugin.load(name, kind, () => import(module))
  const tables = {
    settings: fieldTable("setting", plugin.settingsSchema),
    credentials: fieldTable("credential", plugin.credentialsSchema),
    outcomes: yield* outcomesOf(name, plugin)
  }
  return new Map(
    Object.entries(tables).flatMap(([place, table]) => (table === undefined ? [] : [[place, table] as const]))
  )
})

const outcomesOf = (name: string, plugin: Plugin.Plugin<unknown, unknown, unknown>) => {
  if (name === "destination-files") return Effect.sync(diskTable)
  const subject = subjects[name]
  if (subject === undefined) return Effect.succeed(undefined)
  // `load` has looked at its kind.
  const destination = plugin as Plugin.Plugin<unknown, unknown, Destination>
  return Effect.map(probe(destination, subject), (findings) => outcomeTable(subject, findings))
}

const plugins = readdirSync(join(root, "packages")).flatMap((name) => {
  const kind = kinds.find((kind) => name.startsWith(`${kind}-`))
  return kind === undefined ? [] : [{ name, kind }]
})

/** Whose tables are not those of a plugin. */
const others: ReadonlyArray<readonly [file: string, tables: () => ReadonlyMap<string, string>]> = [
  ["packages/telemetry/README.md", metricTables],
  ["apps/exporter/README.md", logTables]
]

const isCheck = process.argv.includes("--check")
const problems: Array<string> = []
let written = 0

/** Writes the tables to their places, or compares; yields the text with them. */
const write = (file: string, before: string, tables: ReadonlyMap<string, string>): string => {
  const places = placesIn(before)
  for (const place of tables.keys())
    if (!places.includes(place))
      problems.push(`${file} has no marks <!-- ${place} --> and <!-- /${place} -->`)
  for (const place of places)
    if (!tables.has(place))
      problems.push(`${file}: nothing is known of ${place}; see tools/readmes/subjects.ts`)
  const after = [...tables].reduce((text, [place, table]) => put(text, place, table), before)
  written += tables.size
  if (after === before) return after
  if (isCheck) problems.push(`${file}: its tables differ from the sources; run npm run readmes`)
  else writeFileSync(join(root, file), after)
  return after
}

for (const { kind, name } of plugins) {
  const readme = `packages/${name}/README.md`
  const before = readFileSync(join(root, readme), "utf8")
  // Without any marks its tables are written by hand.
  if (placesIn(before).length === 0) continue
  const after = write(readme, before, await Effect.runPromise(tablesOf(name, kind)))
  problems.push(...missingIn(after).map((what) => `${readme}: ${what}`))
}
for (const [file, tables] of others) write(file, readFileSync(join(root, file), "utf8"), tables())

// A check that read nothing must not pass.
if (written === 0) problems.push("no tables were found")
for (const problem of problems) console.error(problem)
console.log(`readmes: ${written} tables, ${problems.length} problems`)
process.exit(problems.length === 0 ? 0 : 1)
