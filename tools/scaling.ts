/**
 * `npm run scaling -- [--events 100000] [--instances 1,2,3] [--tracks 16]`: what several exporters over one outbox on PostgreSQL deliver, beside one with
 * an outbox of SQLite: events a second as ratios, and processor time of exporters and server. All share the processors of this machine,
 * with the remote beside them, so the rates say what sharing costs, and the times what an event costs.
 *
 * The exporters deliver a first export before what is measured: what each of them needs for its start, and until its code is
 * compiled, is seconds of a processor, and no matter of how many events come afterwards.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
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
    tracks: { type: "string", default: "16" }
  }
})
const events = Number(values.events)
/** Events of the export that comes first. */
const warming = 40_000
/** How long nothing has to come until all is there, in milliseconds. */
const quiet = 5000
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
  readonly requests: number
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

const write = (name: string, seed: number, count: number) =>
  void SampleExport.write({ folder: join(folder, "written", name), seed, events: count }, putFile)

/** The exporters find all files of an export at once. */
const hand = (name: string) => renameSync(join(folder, "written", name), join(folder, "export", name))

const takeBack = (name: string) => renameSync(join(folder, "export", name), join(folder, "written", name))

/** Resolves when all that is sent of an export has arrived, with the time of the last. Not all events are sent. */
const arrive = Effect.fnUntraced(function* (arrived: () => number) {
  const before = arrived()
  let [seen, last] = [before, performance.now()]
  while (seen === before || performance.now() - last < quiet) {
    yield* Effect.sleep(50)
    if (arrived() !== seen) last = performance.now()
    seen = arrived()
  }
  return { delivered: seen - before, last }
})

/** One row: so many exporters, from when they find the files until all has arrived. */
const measure = Effect.fnUntraced(function* (title: string, instances: number, outbox: object) {
  const { state, url } = yield* Emulator.start({ feeds, seed: 1 })
  writeFileSync(join(folder, "millrace.json"), configuration(url, outbox))
  const isShared = outbox === postgres
  const server = isShared ? yield* Server.start() : undefined
  const root = server === undefined ? 0 : ProcessorTime.find(`port=${server.port}`)
  const children = Array.from({ length: instances }, () => start(server?.url() ?? ""))
  yield* Effect.addFinalizer(() =>
    Effect.forEach(children, stop, { concurrency: "unbounded", discard: true })
  )
  const spent = () => ({
    exporters: children.reduce((sum, { pid = 0 }) => sum + ProcessorTime.ofTree(pid), 0),
    server: server === undefined ? 0 : ProcessorTime.ofTree(root),
    requests: state().totals.requests
  })
  const arrived = () => state().totals.distinctEvents
  hand("first")
  yield* arrive(arrived)
  const before = spent()
  const began = performance.now()
  hand("second")
  const { delivered, last } = yield* arrive(arrived)
  const after = spent()
  takeBack("first")
  takeBack("second")
  const found: Figures = {
    title,
    seconds: (last - began) / 1000,
    exporters: after.exporters - before.exporters,
    server: after.server - before.server,
    requests: after.requests - before.requests
  }
  console.error(`${title}: ${delivered} events delivered in ${found.seconds.toFixed(1)} s`)
  return found
}, Effect.scoped)

const row = (found: Figures, against: Figures): string => {
  const each = (seconds: number) => ((seconds * 1e6) / events).toFixed(0)
  const rate = events / found.seconds
  const cost = found.exporters + found.server
  const ratio = (cost / (against.exporters + against.server)).toFixed(2)
  return `| ${found.title} | ${Math.round(rate).toLocaleString("en")} | ${(against.seconds / found.seconds).toFixed(2)} | ${each(found.exporters)} | ${each(found.server)} | ${ratio} | ${found.requests} |`
}

const program = Effect.gen(function* () {
  if (!Server.isThere) {
    console.error("scaling: there is no PostgreSQL server; run: npm run postgres-server")
    return false
  }
  mkdirSync(join(folder, "export"))
  write("first", 3, warming)
  write("second", 7, events)
  const rows: Array<Figures> = [yield* measure("1 exporter, SQLite", 1, sqlite)]
  for (const instances of values.instances.split(",").map(Number)) {
    const title = `${instances} ${instances === 1 ? "exporter" : "exporters"}, PostgreSQL`
    rows.push(yield* measure(title, instances, postgres))
  }
  const against = rows[1] ?? rows[0]!
  console.log(`${events.toLocaleString("en")} events read, ${availableParallelism()} processors\n`)
  console.log(
    "|  | events/s | × one exporter | µs CPU per event, exporters | µs CPU per event, server | both, × one exporter | requests |"
  )
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
  for (const found of rows) console.log(row(found, against))
  return true
})

process.exit((await Effect.runPromise(Effect.scoped(program))) ? 0 : 1)
