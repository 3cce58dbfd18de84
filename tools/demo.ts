/**
 * `npm start`: a sample Currents export through the exporter to a local mParticle, every event accounted for.
 *
 * Works in `.millrace-demo/`. An unfinished run goes on; a finished one (`ledger.json` is there) starts anew. With `--stay` it
 * goes on while events arrive, and the pages of exporter and emulator show it.
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import * as Effect from "effect/Effect"
import { exitCodes } from "../apps/exporter/src/exitCode.ts"
import { ledgerText } from "../apps/exporter/src/ledgerText.ts"
import * as Ledger from "../packages/core/src/Ledger.ts"
import * as Emulator from "../packages/mparticle-emulator/src/Emulator.ts"
import type { Unread } from "../packages/operations/src/Status.ts"
import { number } from "../packages/operations/src/Text.ts"
import {
  clear,
  configure,
  fail,
  feeds,
  path,
  planted,
  prepareExport,
  prepareFolder,
  root,
  say
} from "./demo/ground.ts"
import { stay } from "./demo/stay.ts"
import { putFile } from "./putFile.ts"

/** Runs the exporter as a user would; resolves with what it printed on stdout. */
const runExporter = (): Promise<{ readonly code: number | null; readonly output: string }> =>
  new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [join(root, "apps/exporter/src/bin.ts"), "run", path("millrace.yaml"), "--json"],
      { stdio: ["ignore", "pipe", "inherit"] }
    )
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal))
    let output = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text
    })
    child.on("close", (code) => resolve({ code, output }))
  })

const demo = Effect.gen(function* () {
  // Of one that stayed there is no capture to go on with.
  if (existsSync(path("ledger.json")) || existsSync(path("export", "live"))) clear()
  prepareFolder()
  prepareExport()
  const { url, state } = yield* Emulator.start({ feeds, capture: path("capture.ndjson") })
  say(
    `mParticle emulator: ${url}, feeds ${Object.keys(feeds).join(", ")}; every request is in .millrace-demo/capture.ndjson`
  )
  configure(url)
  say("Running: millrace run .millrace-demo/millrace.yaml\n")
  const { code, output } = yield* Effect.promise(runExporter)
  // As planted: one file ends too early. That goes before the dead letters.
  if (code !== exitCodes.unread)
    fail(`the exporter ended with ${code ?? "a signal"}; run npm start again to go on`)
  const { unread, ...ledger }: Ledger.Ledger & { readonly unread: Unread } = JSON.parse(output)
  say(`${ledgerText(ledger)}\n`)
  const delivered = Ledger.total(ledger, "delivered")
  const held = state().totals.distinctEvents
  if (delivered !== held)
    fail(
      `the ledger says ${number(delivered)} delivered, but the emulator holds ${number(held)} distinct events`
    )
  if (Ledger.imbalance(ledger).length > 0) fail("the ledger does not balance")
  say(
    `The emulator holds ${number(held)} distinct events: exactly those delivered. The dead letters are the planted ones, and so is the file that ends too early: ${unread.first[0]?.split}.`
  )
  putFile(path("ledger.json"), output)
  if (unread.splits !== planted.tails) fail(`${number(unread.splits)} files are not read to their end`)
  say("\nLook around: npm run millrace -- status .millrace-demo/millrace.yaml")
  say("             npm run millrace -- preview .millrace-demo/millrace.yaml")
  say("Watch it run: npm start -- --stay")
})

await Effect.runPromise(Effect.scoped(process.argv.includes("--stay") ? stay : demo)).catch(
  (error: unknown) => fail(error instanceof Error ? error.message : String(error))
)
// Signal listeners and idle sockets are all that is left.
process.exit(0)
