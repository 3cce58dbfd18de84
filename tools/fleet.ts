/**
 * `npm run fleet -- [--events 60000] [--instances 3] [--kills 20] [--server-kills 3]`: several exporters over one outbox on a real
 * PostgreSQL server, against a mParticle that fails every tenth request, while exporters and server are killed at random moments.
 * Nothing may be missing, repeats must be identical, events of a user must come in their order, and the ledger must balance.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Ledger from "../packages/core/src/Ledger.ts"
import { Outbox } from "../packages/core/src/Outbox.ts"
import * as SampleExport from "../packages/events-braze/src/SampleExport.ts"
import * as Emulator from "../packages/mparticle-emulator/src/Emulator.ts"
import * as OutboxPostgres from "../packages/outbox-postgres/src/OutboxPostgres.ts"
import * as Server from "../packages/outbox-postgres/test/support/server.ts"
import * as Order from "./fleet/order.ts"
import { putFile } from "./putFile.ts"

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "60000" },
    instances: { type: "string", default: "3" },
    kills: { type: "string", default: "20" },
    "server-kills": { type: "string", default: "3" }
  }
})
const [events, instances, kills] = [values.events, values.instances, values.kills].map(Number) as [
  number,
  number,
  number
]
const serverKills = Number(values["server-kills"])
const bin = join(dirname(import.meta.dirname), "apps/exporter/src/bin.ts")
const folder = mkdtempSync(join(tmpdir(), "millrace-fleet-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const feeds = { unbound: { key: "unbound-key", secret: "unbound-secret" } }

const configuration = (url: string) =>
  JSON.stringify({
    name: "fleet",
    source: { use: "@millrace/source-files", settings: { path: "./export", format: "braze-currents" } },
    outbox: {
      use: "@millrace/outbox-postgres",
      settings: { tracks: 16, lease: "5 seconds", renew: "1 second" },
      credentials: { url: { env: "DATABASE_URL" } }
    },
    routes: [
      {
        name: "mparticle",
        policy: { concurrency: 2, longestBackoff: "1 second" },
        to: {
          use: "@millrace/destination-mparticle",
          settings: { baseUrl: url, environment: "development", missingFeed: "unbound" },
          credentials: { unbound: { key: { env: "KEY" }, secret: { env: "SECRET" } } }
        }
      }
    ]
  })

/** One place of the fleet: an exporter, and after each death the next one. */
const place = (name: string, url: string) => {
  let child: ChildProcess | undefined
  let isEnding = false
  let said = ""
  const boot = () => {
    child = spawn(process.execPath, [bin, "run", join(folder, "millrace.json"), "--follow"], {
      env: {
        ...process.env,
        DATABASE_URL: url,
        KEY: feeds.unbound.key,
        SECRET: feeds.unbound.secret
      },
      stdio: ["ignore", "ignore", "pipe"]
    })
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4000)
    })
    child.on("close", () => {
      if (!isEnding) setTimeout(boot, 200)
    })
  }
  boot()
  return {
    kill: () => child?.kill("SIGKILL"),
    end: () =>
      new Promise<void>((resolve) => {
        isEnding = true
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
        child.on("close", () => resolve())
        child.kill("SIGTERM")
      }),
    said: () => `${name}:\n${said}`
  }
}

const between = (from: number, to: number) => Effect.sleep(from + Math.random() * (to - from))

const program = Effect.gen(function* () {
  if (!Server.isThere) {
    console.error("fleet: there is no PostgreSQL server; run: npm run postgres-server")
    return false
  }
  const summary = SampleExport.write({ folder: join(folder, "export"), seed: 7, events }, putFile)
  putFile(join(folder, "export/order.ndjson"), Order.lines())
  const expected = summary.readable + Order.events
  const failures = [
    { kind: "status", status: 503, rate: 0.05 },
    { kind: "reset-after", rate: 0.03 },
    { kind: "reset-before", rate: 0.02 },
    { kind: "slow-answer", wait: 20 }
  ] as const
  const { requests, state, url } = yield* Emulator.start({
    feeds,
    failures,
    seed: 1,
    capture: join(folder, "capture.ndjson")
  })
  writeFileSync(join(folder, "millrace.json"), configuration(url))
  const server = yield* Server.start()
  const began = Date.now()
  const places = Array.from({ length: instances }, (_, index) => place(`instance ${index + 1}`, server.url()))
  const sums = { killed: 0, serverKilled: 0 }
  const killing = Effect.gen(function* () {
    while (sums.killed < kills) {
      yield* between(1000, 4000)
      places[Math.floor(Math.random() * places.length)]!.kill()
      sums.killed++
    }
  })
  const killingServer = Effect.gen(function* () {
    while (sums.serverKilled < serverKills) {
      yield* between(8000, 14_000)
      yield* server.kill
      sums.serverKilled++
      yield* between(500, 2000)
      yield* server.start
    }
  })
  yield* Effect.all([killing, killingServer], { concurrency: "unbounded", discard: true })
  console.log(`${sums.killed} exporters and ${sums.serverKilled} servers killed in ${Date.now() - began} ms`)

  const ledger = yield* Effect.gen(function* () {
    const outbox = yield* Outbox
    for (;;) {
      const found = yield* outbox.ledger
      const isRead = (found.routes["mparticle"]?.read ?? 0) >= expected
      if ((isRead && Ledger.total(found, "waiting") === 0) || Date.now() - began > 20 * 60_000) return found
      yield* Effect.sleep(500)
    }
  }).pipe(Effect.provide(OutboxPostgres.layer({ url: Redacted.make(server.url()), tracks: 16 })))
  yield* Effect.promise(() => Promise.all(places.map((one) => one.end())))

  const { totals } = state()
  const read = ledger.routes["mparticle"]?.read ?? 0
  const missing =
    Math.abs(expected - read) +
    Ledger.total(ledger, "waiting") +
    Ledger.total(ledger, "delivered") -
    totals.distinctEvents
  const order = Order.look(
    requests()
      .filter(({ status }) => status === 202)
      .map(({ body }) => body)
  )
  const unbalanced = Ledger.imbalance(ledger).length
  console.log(
    `${instances} exporters, ${read} events read, ${totals.distinctEvents} delivered, ${missing} missing, ` +
      `${totals.duplicates} repeats with identical ids, ${totals.conflicting} with other content, ${unbalanced} unbalanced ledgers, ` +
      `${order.wrong} of ${order.came} events of known order came too late, ` +
      `${Date.now() - began} ms`
  )
  const isGood =
    missing === 0 &&
    totals.conflicting === 0 &&
    unbalanced === 0 &&
    order.came === Order.events &&
    order.wrong === 0
  if (!isGood) for (const { said } of places) console.error(said())
  return isGood
})

process.exit((await Effect.runPromise(Effect.scoped(program))) ? 0 : 1)
