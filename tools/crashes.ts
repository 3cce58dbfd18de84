/**
 * `npm run crashes -- --kills 200 [--workers N] [--grouping user]`: `kill -9` of a real exporter at random moments, on
 * the real outbox, against a mParticle that fails every tenth request. Nothing may be missing, and repeats must be
 * identical.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as Ledger from "../packages/core/src/Ledger.ts"
import * as SampleExport from "../packages/events-braze/src/SampleExport.ts"
import * as Emulator from "../packages/mparticle-emulator/src/Emulator.ts"
import { putFile } from "./putFile.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    workers: { type: "string", default: "1" },
    grouping: { type: "string", default: "event" }
  }
})
const kills = Number(values.kills)
const bin = join(dirname(import.meta.dirname), "apps/exporter/src/bin.ts")
const folder = mkdtempSync(join(tmpdir(), "millrace-crashes-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const feeds = Object.fromEntries(
  ["ios", "android", "web", "unbound"].map((feed) => [feed, { key: `${feed}-key`, secret: `${feed}-secret` }])
)
const environment = Object.fromEntries(
  Object.entries(feeds).flatMap(([feed, { key, secret }]) => [
    [`KEY_${feed}`, key],
    [`SECRET_${feed}`, secret]
  ])
)

const configuration = (url: string) =>
  JSON.stringify({
    name: "crashes",
    workers: Number(values.workers),
    source: { use: "@millrace/source-files", settings: { path: "./export", format: "braze-currents" } },
    outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state" } },
    routes: [
      {
        name: "mparticle",
        // Slow enough that every kill meets work under way.
        policy: { concurrency: 1, longestBackoff: "1 second" },
        to: {
          use: "@millrace/destination-mparticle",
          settings: { baseUrl: url, environment: "development", grouping: values.grouping },
          credentials: Object.fromEntries(
            Object.keys(feeds).map((feed) => [
              feed,
              { key: { env: `KEY_${feed}` }, secret: { env: `SECRET_${feed}` } }
            ])
          )
        }
      }
    ]
  })

/** One life of the exporter; killed after a while when `mercy` is undefined. */
const live = (mercy?: "spared"): Promise<{ readonly code: number | null; readonly output: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [bin, "run", join(folder, "millrace.json"), "--json"], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "ignore"]
    })
    let output = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text
    })
    const timer =
      mercy === undefined ? setTimeout(() => child.kill("SIGKILL"), 350 + Math.random() * 900) : undefined
    child.on("close", (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })

const program = Effect.gen(function* () {
  const summary = SampleExport.write({ folder: join(folder, "export"), seed: 5, events: 60_000 }, putFile)
  const failures = [
    { kind: "status", status: 503, rate: 0.05 },
    { kind: "reset-after", rate: 0.03 },
    { kind: "reset-before", rate: 0.02 },
    { kind: "slow-answer", wait: 60 }
  ] as const
  const { url, state, clear } = yield* Emulator.start({ feeds, failures, seed: 1 })
  writeFileSync(join(folder, "millrace.json"), configuration(url))
  const sums = { killed: 0, missing: 0, repeats: 0, conflicting: 0, unbalanced: 0, rounds: 0 }
  while (sums.killed < kills) {
    sums.rounds++
    rmSync(join(folder, "state"), { recursive: true, force: true })
    clear()
    let life = yield* Effect.promise(() => live())
    while (life.code === null && ++sums.killed < kills) life = yield* Effect.promise(() => live())
    if (life.code === null) life = yield* Effect.promise(() => live("spared"))
    const ledger: Ledger.Ledger = JSON.parse(life.output)
    const { totals } = state()
    sums.missing +=
      Ledger.total(ledger, "delivered") - totals.distinctEvents + Ledger.total(ledger, "waiting")
    sums.missing += summary.readable - (ledger.routes["mparticle"]?.read ?? 0)
    sums.repeats += totals.duplicates
    sums.conflicting += totals.conflicting
    sums.unbalanced += Ledger.imbalance(ledger).length
    console.log(
      `round ${sums.rounds}: ${sums.killed} kills so far, ${totals.distinctEvents} events, ${totals.duplicates} repeats`
    )
  }
  const isGood = sums.missing === 0 && sums.conflicting === 0 && sums.unbalanced === 0
  console.log(
    `${sums.killed} kills, ${sums.missing} missing, ${sums.repeats} repeats with identical ids, ${sums.conflicting} with other content, ${sums.unbalanced} unbalanced ledgers`
  )
  return isGood
})

process.exit((await Effect.runPromise(Effect.scoped(program))) ? 0 : 1)
