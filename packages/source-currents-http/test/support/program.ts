/** The exporter's own program with the receiver as its source, in a process that can be killed. */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import type { Ledger } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Collector from "./collector.ts"
import { token, until } from "./receiver.ts"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const millrace = at("../../../../apps/exporter/src/bin.ts")

/** A folder with a configuration, gone with the scope. */
export const make = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-currents-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => {
    const delivered = join(folder, "delivered")
    writeFileSync(delivered, "")
    writeFileSync(join(folder, "token"), `${token}\n`)
    mkdirSync(join(folder, "state"), { mode: 0o700 })
    const config = join(folder, "millrace.yaml")
    writeFileSync(
      config,
      // JSON is YAML too.
      JSON.stringify({
        name: "tested",
        source: {
          use: relative(folder, at("../../src/index.ts")),
          settings: { port: 0 },
          credentials: { token: { file: "./token" } }
        },
        outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state" } },
        routes: [
          {
            name: "all",
            to: { use: relative(folder, Collector.path), settings: { path: "./delivered" } }
          }
        ]
      })
    )
    return {
      /** Ids that the destination was handed, again and again where that happened. */
      delivered: () => readFileSync(delivered, "utf8").split("\n").slice(0, -1),
      start: start(config)
    }
  }
)

/** Started, and listening; killed with the scope. */
const start = Effect.fnUntraced(function* (config: string) {
  let said = ""
  let printed = ""
  let isOver = false
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [millrace, "run", config, "--follow", "--json"], {
        stdio: ["ignore", "pipe", "pipe"]
      })
    ),
    (running) => Effect.sync(() => running.kill("SIGKILL"))
  )
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text))
  child.once("close", () => {
    isOver = true
  })
  const listening = /listening for Braze Currents on http:\/\/127\.0\.0\.1:(\d+)\/currents/
  yield* until(() => isOver || listening.test(said))
  const port = Number(listening.exec(said)?.[1])
  if (!(port > 0)) return yield* Effect.die(new Error(`not listening:\n${said}`))
  return {
    port,
    said: () => said,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended: Effect.map(
      until(() => isOver),
      () => ({ code: child.exitCode, signal: child.signalCode })
    ),
    ledger: (): Ledger.Ledger => JSON.parse(printed)
  }
})
