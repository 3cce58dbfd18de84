/** The dashboard of Grafana and the rules of Prometheus that are published use documented names alone. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Metrics } from "@millrace/telemetry"
import * as Schema from "effect/Schema"

const packaging = new URL("../../../packaging/", import.meta.url)
const textOf = (path: string) => readFileSync(new URL(path, packaging), "utf8")

const Dashboard = Schema.Struct({
  panels: Schema.Array(
    Schema.Struct({
      title: Schema.String,
      gridPos: Schema.Struct({ x: Schema.Int, y: Schema.Int, w: Schema.Int, h: Schema.Int }),
      targets: Schema.Array(Schema.Struct({ expr: Schema.String }))
    })
  )
})

const { panels } = Schema.decodeUnknownSync(Dashboard)(JSON.parse(textOf("grafana/millrace.json")))
const rules = [...textOf("prometheus/millrace.rules.yml").matchAll(/^\s+expr: (.*)$/gm)].map(
  ([, expr = ""]) => expr
)
const expressions = [...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...rules]

/** Of Prometheus itself. */
const foreign = ["up"]
/** What Prometheus adds to every series. */
const added = ["job", "instance"]

const declared = new Map(
  Metrics.all.flatMap((one) =>
    one.kind === "histogram"
      ? (["bucket", "sum", "count"] as const).map(
          (part) => [`${one.name}_${part}`, [...one.labels, ...(part === "bucket" ? ["le"] : [])]] as const
        )
      : [[one.name, one.labels] as const]
  )
)

const metricsIn = (expr: string): ReadonlyArray<string> =>
  [...expr.matchAll(/\b((?:millrace|process)_[a-z_]+|up)\b/g)].map(([name]) => name)

/** Labels that are matched, or grouped by. */
const labelsIn = (expr: string): ReadonlyArray<string> => [
  ...[...expr.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, name = ""]) => name),
  ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = ""]) =>
    names.split(",").map((name) => name.trim())
  )
]

describe("the dashboard and the rules", () => {
  it("name declared metrics, with labels that these have", () => {
    assert.isAbove(expressions.length, 25)
    for (const expr of expressions) {
      const names = metricsIn(expr)
      assert.isAbove(names.length, 0, expr)
      const labels = new Set(names.flatMap((name) => [...(declared.get(name) ?? [])]))
      for (const name of names)
        assert.isTrue(declared.has(name) || foreign.includes(name), `${name} in ${expr}`)
      for (const label of labelsIn(expr))
        assert.isTrue(labels.has(label) || added.includes(label), `${label} in ${expr}`)
    }
  })

  it("take the maximum of what all exporters of a fleet tell the same, and never its sum or rate", () => {
    const ledger = Metrics.all.filter(({ origin }) => origin === "ledger").map(({ name }) => name)
    for (const expr of expressions)
      for (const name of metricsIn(expr).filter((name) => ledger.includes(name)))
        assert.match(expr, new RegExp(`\\b(max|min)( by \\([^)]*\\))? ?\\((abs\\()?${name}`))
  })

  it("have panels that do not lie on each other", () => {
    for (const [index, { gridPos: one, title }] of panels.entries())
      for (const { gridPos: other, title: otherTitle } of panels.slice(index + 1)) {
        const beside = one.x + one.w <= other.x || other.x + other.w <= one.x
        const below = one.y + one.h <= other.y || other.y + other.h <= one.y
        assert.isTrue(beside || below, `${title} and ${otherTitle}`)
      }
  })

  it("are understood by promtool, where there is one", (context) => {
    const written = expressions
      .map((expr) => expr.replaceAll("$__rate_interval", "5m").replaceAll("$job", ".*"))
      .map((expr, index) => `      - record: panel:${index}\n        expr: ${JSON.stringify(expr)}`)
    const text = `groups:\n  - name: panels\n    rules:\n${written.join("\n")}\n`
    const folder = mkdtempSync(join(tmpdir(), "millrace-rules-"))
    try {
      const file = join(folder, "rules.yml")
      for (const content of [text, textOf("prometheus/millrace.rules.yml")]) {
        writeFileSync(file, content)
        const checked = spawnSync("promtool", ["check", "rules", file], { encoding: "utf8" })
        if (checked.error !== undefined)
          return context.annotate("promtool is not on the PATH: its own look was left out")
        assert.strictEqual(checked.status, 0, checked.stdout + checked.stderr)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
