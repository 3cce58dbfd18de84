/**
 * `npm run soak -- --minutes 10`: a following exporter under a steady stream of new files. Its resident memory must be
 * flat (the last minute within 10 % of the second) and its outbox bounded.
 */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { setTimeout as wait } from "node:timers/promises"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as SampleExport from "../packages/events-braze/src/SampleExport.ts"
import * as Emulator from "../packages/mparticle-emulator/src/Emulator.ts"
import { putFile } from "./putFile.ts"

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } })
const minutes = Math.max(3, Number(values.minutes))
/** New events every two seconds. */
const perRound = 6_000
/** The most an outbox may take that is drained as fast as it fills. */
const outboxLimit = 200 * 1024 * 1024

const bin = join(dirname(import.meta.dirname), "apps/exporter/src/bin.ts")
const folder = mkdtempSync(join(tmpdir(), "millrace-soak-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`
const median = (numbers: ReadonlyArray<number>) =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0
const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

const residentOf = (pid: number): number => {
  const [, kibibytes] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return Number(kibibytes) * 1024
}

const program = Effect.gen(function* () {
  mkdirSync(join(folder, "export"))
  const pair = { key: "soak-key", secret: "soak-secret" }
  const { url, state } = yield* Emulator.start({ feeds: { unbound: pair } })
  const configuration = {
    name: "soak",
    source: { use: "@millrace/source-files", settings: { path: "./export", format: "braze-currents" } },
    outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state" } },
    routes: [
      {
        name: "mparticle",
        to: {
          use: "@millrace/destination-mparticle",
          settings: { baseUrl: url, environment: "development", missingFeed: "unbound" },
          credentials: { unbound: { key: { env: "SOAK_KEY" }, secret: { env: "SOAK_SECRET" } } }
        }
      }
    ]
  }
  writeFileSync(join(folder, "millrace.json"), JSON.stringify(configuration))
  SampleExport.write({ folder: join(folder, "export/0"), seed: 1, events: perRound }, putFile)
  const child = spawn(process.execPath, [bin, "run", join(folder, "millrace.json"), "--follow"], {
    env: { ...process.env, SOAK_KEY: pair.key, SOAK_SECRET: pair.secret },
    stdio: ["ignore", "ignore", "inherit"]
  })
  const pid = child.pid ?? 0
  const resident: Array<ReadonlyArray<number>> = []
  let largest = 0
  for (let minute = 0; minute < minutes; minute++) {
    const samples: Array<number> = []
    for (let round = 1; round <= 30; round++) {
      const seed = minute * 30 + round + 1
      SampleExport.write(
        {
          folder: join(folder, "export", String(seed)),
          seed,
          events: perRound,
          types: ["users.messages.email.Open", "users.canvas.Entry"]
        },
        putFile
      )
      yield* Effect.promise(() => wait(2000))
      samples.push(residentOf(pid))
      largest = Math.max(
        largest,
        sizeOf(join(folder, "state/outbox.db")) + sizeOf(join(folder, "state/outbox.db-wal"))
      )
    }
    resident.push(samples)
    console.log(
      `minute ${minute + 1}: ${mebibytes(median(samples))} resident, outbox at most ${mebibytes(largest)}, ${state().totals.distinctEvents} events delivered`
    )
  }
  child.kill("SIGTERM")
  const [second, last] = [median(resident[1] ?? []), median(resident.at(-1) ?? [])]
  const isFlat = last <= second * 1.1
  console.log(
    `second minute ${mebibytes(second)}, last minute ${mebibytes(last)}: ${isFlat ? "flat" : "NOT flat"}; outbox at most ${mebibytes(largest)}: ${largest <= outboxLimit ? "bounded" : "NOT bounded"}`
  )
  return isFlat && largest <= outboxLimit
})

process.exit((await Effect.runPromise(Effect.scoped(program))) ? 0 : 1)
