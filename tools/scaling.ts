/**
 * `npm run scaling -- [--events 100000] [--instances 1,2,3] [--tracks 64]`: what several exporters over one outbox on PostgreSQL deliver, beside one with
 * an outbox of SQLite: events a second as ratios, and processor time of exporters and server. All share the processors of this machine,
 * with the remote beside them, so the rates say what sharing costs, and the times what an event costs.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as SampleExport from "../packages/events-braze/src/SampleExport.ts"
import * as Emulator from "../packages/mparticle-emulator/src/Emulator.ts"
import * as Server from "../packages/outbox-postgres/test/support/server.ts"
import { putFile } from "./putFile.ts"
import * as ProcessorTime from "./scaling/processorTime.ts"

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "100000" },
    instances: { type: "string", default: "1,2,3" },
    tracks: { type: "string", default: "64" }
  }
})
const events = Number(values.events)
const bin = join(dirname(import.meta.dirname), "apps/exporter/src/bin.ts")
const folder = mkdtempSync(join(tmpdir(), "millrace-scaling-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const feeds = { unbound: { key: "unbound-key", secret: "unbound-secret" } }

const sqlite = { use: "@millrace/outbox-sqlite", settings: { path: "./state" } }
const postgres = {
  use: "@millrace/outbox-postgres",
  settings: { tracks: Number(values.tracks) },
  credentials: { url: { env: "DATABASE_URL" } }
}

const configuration = (url: string, outbox: object) =>
  JSON.stringify({
    name: "scaling",
    source: { use: "@millrace/source-files", settings: { path: "./export", format: "braze-currents" } },
    outbox,
    routes: [
      {
        name: "mparticle",
        to: {
          use: "@millrace/destination-mparticle",
          settings: { baseUrl: url, environment: "development", missingFeed: "unbound" },
          credentials: { unbound: { key: { env: "KEY" }, secret: { env: "SECRET" } } }
        }
      }
    ]
  })

interface Figures {
  readonly title: string
  readonly seconds: number
  readonly exporters: number
  readonly server: number
}

const start = (databaseUrl: string): ChildProcess =>
  spawn(process.execPath, [bin, "run", join(folder, "millrace.json"), "--follow"], {
    env: { ...process.env, DATABASE_URL: databaseUrl, KEY: feeds.unbound.key, SECRET: feeds.unbound.secret },
    stdio: "ignore"
  })

const stop = (child: ChildProcess) =>
  Effect.promise(
    () =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.on("close", () => resolve())
        child.kill("SIGTERM")
      })
  )

/** One row: so many exporters, from their start until all has arrived. */
const measure = Effect.fnUntraced(function* (title: string, instances: number, outbox: object) {
  const { state, url } = yield* Emulator.start({ feeds, seed: 1 })
  writeFileSync(join(folder, "millrace.json"), configuration(url, outbox))
  const isShared = outbox === postgres
  const server = isShared ? yield* Server.start() : undefined
  const root = server === undefined ? 0 : ProcessorTime.find(`port=${server.port}`)
  const serverBefore = server === undefined ? 0 : ProcessorTime.ofTree(root)
  const began = performance.now()
  const children = Array.from({ length: instances }, () => start(server?.url() ?? ""))
  yield* Effect.addFinalizer(() =>
    Effect.forEach(children, stop, { concurrency: "unbounded", discard: true })
  )
  let [arrived, last] = [0, began]
  // Not all events are sent, so the end is when nothing has come for a while.
  while (arrived === 0 || performance.now() - last < 5000) {
    yield* Effect.sleep(50)
    const { distinctEvents } = state().totals
    if (distinctEvents !== arrived) last = performance.now()
    arrived = distinctEvents
  }
  const exporters = children.reduce((sum, { pid = 0 }) => sum + ProcessorTime.ofTree(pid), 0)
  const found: Figures = {
    title,
    seconds: (last - began) / 1000,
    exporters,
    server: server === undefined ? 0 : ProcessorTime.ofTree(root) - serverBefore
  }
  console.error(`${title}: ${arrived} events delivered in ${found.seconds.toFixed(1)} s`)
  return found
}, Effect.scoped)

const row = (found: Figures, against: Figures): string => {
  const each = (seconds: number) => ((seconds * 1e6) / events).toFixed(0)
  const rate = events / found.seconds
  return `| ${found.title} | ${Math.round(rate).toLocaleString("en")} | ${(against.seconds / found.seconds).toFixed(2)} | ${each(found.exporters)} | ${each(found.server)} |`
}

const program = Effect.gen(function* () {
  if (!Server.isThere) {
    console.error("scaling: there is no PostgreSQL server; run: npm run postgres-server")
    return false
  }
  SampleExport.write({ folder: join(folder, "export"), seed: 7, events }, putFile)
  const rows: Array<Figures> = [yield* measure("1 exporter, SQLite", 1, sqlite)]
  for (const instances of values.instances.split(",").map(Number)) {
    const title = `${instances} ${instances === 1 ? "exporter" : "exporters"}, PostgreSQL`
    rows.push(yield* measure(title, instances, postgres))
  }
  const against = rows[1] ?? rows[0]!
  console.log(`${events.toLocaleString("en")} events read, ${availableParallelism()} processors\n`)
  console.log("|  | events/s | × one exporter | µs CPU per event, exporters | µs CPU per event, server |")
  console.log("| --- | ---: | ---: | ---: | ---: |")
  for (const found of rows) console.log(row(found, against))
  return true
})

process.exit((await Effect.runPromise(Effect.scoped(program))) ? 0 : 1)
