import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Ledger } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Collector from "./support/collector.ts"
import * as Server from "./support/server.ts"
import * as Stream from "./support/stream.ts"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const millrace = at("../../../apps/exporter/src/bin.ts")

const kills = 8
const perLife = 700

const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.delay(until(holds), "3 millis")))

/** The exporter's own program, with a stream as its source. */
const program = (settings: object) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-nats-crash-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    ),
    (folder) => {
      const delivered = join(folder, "delivered")
      const config = join(folder, "millrace.yaml")
      mkdirSync(join(folder, "state"), { mode: 0o700 })
      writeFileSync(
        config,
        // JSON is YAML too.
        JSON.stringify({
          name: "tested",
          source: { use: relative(folder, at("../src/index.ts")), settings },
          outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state" } },
          routes: [
            { name: "all", to: { use: relative(folder, Collector.path), settings: { path: "./delivered" } } }
          ]
        })
      )
      const start = (...flags: ReadonlyArray<string>) =>
        Effect.sync(() => {
          const child = spawn(process.execPath, [millrace, "run", config, "--json", ...flags], {
            stdio: ["ignore", "pipe", "pipe"]
          })
          let printed = ""
          let said = ""
          child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text))
          child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text))
          const isOver = () => child.exitCode !== null || child.signalCode !== null
          return { child, isOver, printed: () => printed, said: () => said }
        })
      return {
        delivered: () =>
          existsSync(delivered) ? readFileSync(delivered, "utf8").split("\n").slice(0, -1) : [],
        start
      }
    }
  )

describe.skipIf(Server.program === undefined)(Server.title("an exporter that reads NATS"), () => {
  it.live(`is killed ${kills} times at any moment, and has read each event once`, () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      const { delivered, start } = yield* program({ ...stream.settings, format: "event" })
      let published = 0
      const publish = (count: number) => {
        const texts = Array.from({ length: count }, (_, index) =>
          JSON.stringify({
            id: `e-${published + index}`,
            type: "order.placed",
            time: index,
            user: { externalId: `c-${index % 7}` },
            properties: { filler: "x".repeat(300) }
          })
        )
        published += count
        return stream.publish(texts)
      }
      for (let kill = 0; kill < kills; kill++) {
        const life = yield* start("--follow")
        const before = delivered().length
        yield* publish(perLife)
        yield* until(() => life.isOver() || delivered().length > before)
        // Sleeps, since a kill may come at any moment.
        yield* Effect.sleep(yield* Random.nextIntBetween(0, 60))
        life.child.kill("SIGKILL")
        yield* until(life.isOver)
        assert.strictEqual(life.child.signalCode, "SIGKILL", life.said())
      }
      const last = yield* start()
      yield* until(last.isOver)
      assert.strictEqual(last.child.exitCode, 0, last.said())
      const ledger: Ledger.Ledger = JSON.parse(last.printed())
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.strictEqual(ledger.routes["all"]?.read, published)
      assert.strictEqual(Ledger.total(ledger, "delivered"), published)
      assert.strictEqual(new Set(delivered()).size, published)
    })
  )
})
