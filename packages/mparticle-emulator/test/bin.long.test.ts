import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Capture, Emulator } from "../src/index.ts"
import { bulk, feeds, send, temporaryFolder } from "./support/remote.ts"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

const launch = (args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [path("../src/bin.ts"), ...args], { stdio: ["ignore", "pipe", "pipe"] })
    ),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )

const outcome = (child: ChildProcess) =>
  Effect.promise(async () => {
    let out = ""
    let error = ""
    child.stdout?.on("data", (chunk) => (out += chunk))
    child.stderr?.on("data", (chunk) => (error += chunk))
    const [code] = await once(child, "close")
    return { code, out, error }
  })

/** The first line it prints. */
const firstLine = (child: ChildProcess) =>
  Effect.promise(async () => String((await once(child.stdout!, "data"))[0]))

const feedsFile = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const file = join(folder, "feeds.json")
  writeFileSync(file, JSON.stringify({ feeds }))
  return { file, folder }
})

describe("mparticle-emulator", () => {
  it.live("a wrong command line or feeds file is one clear line and exit 2", () =>
    Effect.gen(function* () {
      const { file, folder } = yield* feedsFile
      const broken = join(folder, "broken.json")
      writeFileSync(broken, '{"feeds": {"ios": {"key": "k", "secret": hush}}}')
      const partial = join(folder, "partial.json")
      writeFileSync(partial, '{"feeds": {"ios": {"key": "k", "secert": "hush"}}}')
      const { url } = yield* Emulator.start({ feeds })
      const taken = new URL(url).port
      const lines = yield* Effect.forEach(
        [
          [["--feeds", file, "--speed", "9"], "Unknown option '--speed'"],
          [["--feeds", file, "--port", "http"], "--port takes a number from 0 to 65535, not 'http'"],
          [["--feeds", file, "--rate", "0"], "--rate takes a number above 0, not '0'"],
          [["--feeds", file, "--fail-rate", "20%"], "--fail-rate takes a number from 0 to 1, not '20%'"],
          [["--feeds", file, "--seed", ""], "--seed takes a whole number, not ''"],
          [["--feeds", file, "--fail", "503"], "--fail Expected"],
          [["--feeds", file, "--fail", '{"kind": "hang"}'], "--fail wait: Missing key"],
          [["--port", "0"], "--feeds FILE is required"],
          [["--feeds", join(folder, "none.json")], `feeds file ${join(folder, "none.json")} cannot be read`],
          [["--feeds", broken], `feeds file ${broken}: is not valid JSON`],
          [["--feeds", partial], "feeds.ios.secret: Missing key"],
          [["--feeds", file, "--port", taken], `port ${taken} on 127.0.0.1 is in use`],
          [["--feeds", file, "--port", "0", "--capture", folder], `capture file ${folder}`]
        ] as const,
        Effect.fnUntraced(function* ([args, expected]) {
          const result = yield* Effect.flatMap(launch(args), outcome)
          expect(result).toMatchObject({ code: 2, out: "" })
          expect(result.error).toContain(`mparticle-emulator: `)
          expect(result.error).toContain(expected)
          expect(result.error.trimEnd()).not.toContain("\n")
          expect(result.error).not.toContain("hush")
          return result.error
        }),
        { concurrency: 2 }
      )
      expect(lines).toHaveLength(13)
    })
  )

  it.live("explains every flag, in its help and in the README", () =>
    Effect.gen(function* () {
      const { code, out } = yield* Effect.flatMap(launch(["--help"]), outcome)
      expect(code).toBe(0)
      const flags =
        out.match(/^ {2}(?:-h, )?(--[a-z-]+)/gm)?.map((line) => line.trim().replace("-h, ", "")) ?? []
      expect(flags).toHaveLength(10)
      const readme = readFileSync(path("../README.md"), "utf8")
      for (const flag of flags) expect(readme).toContain(`\`${flag}`)
    })
  )

  it.live("says where it listens in one line, does what the flags say, and stops on SIGTERM", () =>
    Effect.gen(function* () {
      const { file, folder } = yield* feedsFile
      const capture = join(folder, "capture.ndjson")
      const rule = JSON.stringify({ kind: "status", status: 401, count: 1 })
      const child = yield* launch([
        ...["--feeds", file, "--port", "0", "--capture", capture, "--seed", "3"],
        ...["--fail", rule, "--fail-rate", "0.5", "--faithful", "--rate", "500"]
      ])
      const line = yield* firstLine(child)
      expect(line).toMatch(/^mParticle emulator listening on http:\/\/127\.0\.0\.1:\d+\n$/)
      const url = line.trim().split(" ").at(-1)!
      const answers = yield* Effect.forEach(Array.from({ length: 30 }), () => send(url, '[{"bad":1}]'))
      const seen = new Map(answers.map((answer) => [answer.status, answer]))
      expect([...seen.keys()].sort()).toEqual([202, 401, 503])
      expect(answers[0]?.status).toBe(401)
      expect(seen.get(202)?.headers.get("x-mp-rate-limit-percentage-used")).toMatch(/^\d+$/)
      const told = answers
        .filter((answer) => answer.status === 503)
        .map((answer) => answer.headers.get("retry-after"))
      expect(new Set(told)).toEqual(new Set(["1", null]))
      const ended = outcome(child)
      child.kill("SIGTERM")
      expect(yield* ended).toMatchObject({ code: 0, out: "", error: "" })
      expect(yield* Capture.readFile(capture)).toHaveLength(30)
    })
  )

  it.live("nothing it answered 202 is missing after kill -9", () =>
    Effect.gen(function* () {
      const { file, folder } = yield* feedsFile
      const capture = join(folder, "capture.ndjson")
      const child = yield* launch(["--feeds", file, "--port", "0", "--capture", capture])
      const url = (yield* firstLine(child)).trim().split(" ").at(-1)!
      const answered: Array<string> = []
      yield* Effect.forEach(
        Array.from({ length: 400 }, (_, index) => `batch-${index}`),
        (id) =>
          send(url, bulk(id)).pipe(
            Effect.tap(() =>
              Effect.sync(() => {
                answered.push(id)
                if (answered.length === 100) child.kill("SIGKILL")
              })
            ),
            Effect.ignore
          ),
        { concurrency: 16 }
      )
      expect(answered.length).toBeGreaterThanOrEqual(100)
      expect(answered.length).toBeLessThan(400)
      const { requests, state } = yield* Emulator.start({ feeds, capture })
      const bodies = requests().map(({ body }) => body)
      for (const id of answered) expect(bodies).toContain(bulk(id))
      expect(state().totals.distinctBatches).toBe(bodies.length)
    })
  )
})
