/**
 * `npm start`: a sample Currents export through the exporter to a local mParticle, every event accounted for.
 *
 * Works in `.millrace-demo/`. An unfinished run goes on; a finished one (`ledger.json` is there) starts anew.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import * as Effect from "effect/Effect"
import { exitCodes } from "../apps/exporter/src/exitCode.ts"
import { ledgerText } from "../apps/exporter/src/ledgerText.ts"
import * as Event from "../packages/core/src/Event.ts"
import * as Ledger from "../packages/core/src/Ledger.ts"
import * as Sample from "../packages/events-braze/src/Sample.ts"
import * as SampleExport from "../packages/events-braze/src/SampleExport.ts"
import * as Emulator from "../packages/mparticle-emulator/src/Emulator.ts"
import type { Unread } from "../packages/operations/src/Status.ts"
import { number } from "../packages/operations/src/Text.ts"
import { putFile } from "./putFile.ts"

const root = dirname(import.meta.dirname)
const folder = join(root, ".millrace-demo")
const path = (...parts: ReadonlyArray<string>) => join(folder, ...parts)
const seed = 20_261
const planted = { blocks: 3, tails: 1, lines: 7 }

const feeds = Object.fromEntries(
  ["ios", "android", "web", "unbound"].map((feed) => [
    feed,
    { key: `demo-${feed}-key`, secret: `demo-${feed}-secret` }
  ])
)

const say = (text: string) => console.log(text)
const fail = (text: string): never => {
  console.error(`millrace: ${text}`)
  process.exit(1)
}

/** Writes the export aside and moves it into place, so that a killed run leaves no half of one. */
const prepareExport = (): void => {
  if (existsSync(path("export"))) {
    say("Sample export: .millrace-demo/export is there already; going on with it")
    return
  }
  const aside = path("export.new")
  rmSync(aside, { recursive: true, force: true })
  const summary = SampleExport.write({ folder: aside, seed, events: 40_000, damage: planted }, putFile)
  renameSync(aside, path("export"))
  say(
    `Sample export: ${number(summary.events)} events of ${summary.byType.size} types in ${number(summary.files)} files below .millrace-demo/export,` +
      ` with ${summary.damaged.blocks} damaged blocks and ${summary.damaged.lines} bad lines planted, and ${planted.tails} file that ends too early`
  )
}

/** The sample's iOS app: its events have a feed of their own, those of the tvOS app have none. */
const iosApp = (): string => {
  const sample = Sample.make({ seed, users: 4_000 })
  for (let index = 0; ; index++) {
    const event = sample.event("users.messages.pushnotification.Send", index, 1_780_000_000_000)
    const app = Event.get(event, "app_id")
    if (Event.get(event, "platform") === "ios" && typeof app === "string") return app
  }
}

const configuration = (url: string) => `# Written by \`npm start\`.
name: demo
source:
  use: "@millrace/source-files"
  settings: { path: ./export, format: braze-currents }
outbox:
  use: "@millrace/outbox-sqlite"
  settings: { path: ./state }
routes:
  - name: mparticle
    to:
      use: "@millrace/destination-mparticle"
      settings: { baseUrl: "${url}", environment: development }
      credentials:
        android: { key: { file: ./secrets/android.key }, secret: { file: ./secrets/android.secret } }
        web: { key: { file: ./secrets/web.key }, secret: { file: ./secrets/web.secret } }
        unbound: { key: { file: ./secrets/unbound.key }, secret: { file: ./secrets/unbound.secret } }
        # One app's own pair. The sample's tvOS app has none: its events are skipped and counted.
        apps:
          - appId: "${iosApp()}"
            feed: ios
            key: { file: ./secrets/ios.key }
            secret: { file: ./secrets/ios.secret }
`

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
  if (existsSync(path("ledger.json"))) rmSync(folder, { recursive: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  prepareExport()
  const { url, state } = yield* Emulator.start({ feeds, capture: path("capture.ndjson") })
  say(
    `mParticle emulator: ${url}, feeds ${Object.keys(feeds).join(", ")}; every request is in .millrace-demo/capture.ndjson`
  )
  for (const [feed, pair] of Object.entries(feeds)) {
    putFile(path("secrets", `${feed}.key`), `${pair.key}\n`)
    putFile(path("secrets", `${feed}.secret`), `${pair.secret}\n`)
  }
  putFile(path("millrace.yaml"), configuration(url))
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
})

await Effect.runPromise(Effect.scoped(demo)).catch((error: unknown) =>
  fail(error instanceof Error ? error.message : String(error))
)
// Signal listeners and idle sockets are all that is left.
process.exit(0)
