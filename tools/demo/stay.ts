/** The demonstration that stays: the sample export, then events as they arrive, until it is stopped. */
import { spawn } from "node:child_process"
import { appendFileSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Sample from "../../packages/events-braze/src/Sample.ts"
import * as Emulator from "../../packages/mparticle-emulator/src/Emulator.ts"
import { freePort } from "../freePort.ts"
import {
  clear,
  configure,
  fail,
  feeds,
  path,
  prepareExport,
  prepareFolder,
  root,
  say,
  seed
} from "./ground.ts"

const types = [
  "users.messages.email.Send",
  "users.messages.email.Open",
  "users.messages.email.Click",
  "users.messages.pushnotification.Send",
  "users.messages.pushnotification.Open",
  "users.messages.inappmessage.Impression",
  "users.messages.contentcard.Impression",
  "users.canvas.Entry"
] as const

/** Milliseconds between two lots of events, and until another file takes them. */
const pause = 500
const longestFile = 10 * 60_000

/** The most events of a lot; one lot in so many holds a line that cannot be read. */
const mostEvents = 60
const spoiled = 40

/** Lot after lot into a file that grows; a file that was read long ago is removed. */
const arrive = Effect.gen(function* () {
  const sample = Sample.make({ seed: seed + 1, users: 4000 })
  mkdirSync(path("export", "live"), { recursive: true })
  const fileOf = (number: number) => path("export", "live", `events-${number}.ndjson`)
  for (let lot = 0, index = 0; ; lot++) {
    const now = yield* Clock.currentTimeMillis
    const number = Math.floor(now / longestFile)
    // More by turns, so that there is something to see.
    const events = Math.round((mostEvents / 2) * (1 + Math.sin(lot / 40)))
    const lines = Array.from({ length: events }, () => {
      const event = sample.event(types[index % types.length]!, index++, now)
      return JSON.stringify(Sample.toCustomHttp(event))
    })
    if (lot % spoiled === spoiled - 1)
      lines.push('{"event_type": "users.messages.email.Open", "properties": 7}')
    if (lines.length > 0) appendFileSync(fileOf(number), `${lines.join("\n")}\n`)
    rmSync(fileOf(number - 3), { force: true })
    yield* Effect.sleep(pause)
  }
})

/** Runs the exporter as a user would; resolves with its exit code when it was stopped. */
const runExporter = Effect.callback<number | null>((resume) => {
  const program = join(root, "apps/exporter/src/bin.ts")
  const child = spawn(process.execPath, [program, "run", ".millrace-demo/millrace.yaml", "--follow"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    // Ctrl-C goes to the whole group of a terminal; the exporter takes a second signal for haste.
    detached: true
  })
  let isTold = false
  const stop = () => {
    if (!isTold) child.kill("SIGTERM")
    isTold = true
  }
  process.on("SIGTERM", stop)
  process.on("SIGINT", stop)
  process.on("exit", () => child.kill("SIGKILL"))
  child.on("close", (code) => resume(Effect.succeed(code)))
})

export const stay = Effect.gen(function* () {
  clear()
  prepareFolder()
  prepareExport()
  const { url } = yield* Emulator.start({ feeds, port: yield* Effect.promise(() => freePort(8090)) })
  const port = yield* Effect.promise(() => freePort(9464))
  configure(url, `admin: { port: ${port} }\n`)
  say(
    `\nThe exporter:  http://127.0.0.1:${port}   what it reads, sends and holds, and what you can do about it`
  )
  say(`The emulator:  ${url}   what has arrived at the local mParticle, by feed and type`)
  say("\nEvents arrive all the time. Ctrl-C ends it.\n")
  yield* Effect.forkScoped(arrive)
  const code = yield* runExporter
  // The planted dead letters, or what still waited when it was stopped.
  if (code !== 0 && code !== 3 && code !== 4) fail(`the exporter ended with ${code ?? "a signal"}`)
})
