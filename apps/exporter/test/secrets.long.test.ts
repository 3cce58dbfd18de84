import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import type { Ended } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const base64 = (text: string) => Buffer.from(text).toString("base64")

/** What is sent in place of the right secret of a feed. */
const wrong = "planted-wrong-secret-77aa"

const pairs = [
  ...Object.values(World.feeds),
  ...Object.values(World.feeds).map(({ key }) => ({ key, secret: wrong }))
]

/** Everything that tells a secret, or enough of it to send requests. */
const secrets = new Set(
  pairs.flatMap(({ key, secret }) => [
    secret,
    base64(secret),
    base64(`${key}:${secret}`),
    encodeURIComponent(secret)
  ])
)
const keys = Object.values(World.feeds).map(({ key }) => key)

const assertHoldsNone = (where: string, text: string, needles: Iterable<string>): void => {
  for (const needle of needles) assert.isFalse(text.includes(needle), `${where} holds ${needle}`)
}

/** All files below a folder, as text of single bytes. */
const filesBelow = (folder: string): ReadonlyArray<readonly [string, string]> =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    return entry.isFile() ? [[path, readFileSync(path, "latin1")] as const] : []
  })

/** An answer that repeats what it was sent, as careless servers do. */
const echo = (feed: string) => {
  const { key, secret } = World.feeds[feed]!
  return `no: Authorization: Basic ${base64(`${key}:${secret}`)} (${key} / ${secret})`
}

describe.concurrent("secrets", () => {
  it.live("appear in no output, no file of the state and no capture, whatever fails", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const capture = world.path("capture.ndjson")
      const emulator = yield* Emulator.start({ feeds: World.feeds, capture })
      world.writeExport({ seed: 31, events: 2_000, damage: { blocks: 1, lines: 3 } })
      const file = world.configure(World.configuration(emulator.url))
      const outputs: Array<Ended> = []
      const millrace = (...args: ReadonlyArray<string>) =>
        Effect.map(world.millrace(args, { environment: { MP_WEB_SECRET: wrong } }), (ended) => {
          outputs.push(ended)
          return ended
        })
      emulator.fail([
        { kind: "status", status: 401, feed: "ios", body: echo("ios") },
        { kind: "status", status: 400, feed: "android", body: echo("android") },
        { kind: "status", status: 503, feed: "unbound", rate: 0.5, body: echo("unbound") },
        { kind: "nonsense", feed: "unbound", count: 3 }
      ])
      const program = yield* world.start(["run", file, "--patience", "2 seconds"], {
        environment: { MP_WEB_SECRET: wrong }
      })
      yield* program.says("started")
      yield* millrace("status", file)
      outputs.push(yield* program.ended)
      assert.include(outputs.at(-1)!.stdout, "bad-request")
      assert.strictEqual((yield* millrace("run", file, "--patience", "1 second", "--json")).code, 3)
      yield* millrace("status", file)
      yield* millrace("status", file, "--json")
      yield* millrace("check", file)
      yield* millrace("preview", file)
      yield* millrace("dead-letters", "list", file)
      const letters = yield* millrace("dead-letters", "export", file)
      assert.include(letters.stdout, "bad-request")

      for (const [path, text] of filesBelow(world.path("state"))) {
        assertHoldsNone(path, text, [...secrets, ...keys])
      }
      assert.isTrue(existsSync(world.path("state", "outbox.db")))
      for (const [index, { stdout, stderr }] of outputs.entries()) {
        assertHoldsNone(`output ${index}`, stdout + stderr, [...secrets, ...keys])
      }
      const captured = readFileSync(capture, "latin1")
      assertHoldsNone("the capture", captured, [...secrets, ...keys])
      assert.include(captured, base64(`${keys[0]}:***`))
    })
  )

  it.live("appear in no answer of the admin endpoint, whatever fails", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      world.writeExport({ seed: 32, events: 500, damage: { blocks: 1, lines: 3 } })
      const port = yield* World.freePort
      const admin = { port, token: { env: "ADMIN" } }
      const file = world.configure(World.configuration(emulator.url, { top: { admin } }))
      emulator.fail([
        { kind: "status", status: 401, feed: "ios", body: echo("ios") },
        { kind: "status", status: 400, feed: "android", body: echo("android") },
        { kind: "status", status: 503, feed: "web", body: echo("web") }
      ])
      const token = "planted-token-of-admin-41d0"
      const program = yield* world.start(["run", file, "--follow"], { environment: { ADMIN: token } })
      yield* program.says("started")
      const ask = (path: string) =>
        Effect.promise(async () => {
          const url = `http://127.0.0.1:${port}${path}`
          const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
          return `${[...answer.headers].join("\n")}\n${await answer.text()}`
        })
      yield* Effect.repeat(ask("/api/dead-letters"), { until: (text) => text.includes("bad-request") })
      yield* Effect.repeat(ask("/api/lanes"), { until: (text) => text.includes("unauthorized") })
      const letters = yield* ask("/api/dead-letters?reason=bad-request&limit=1")
      const [, letter] = /"id":"?(\d+)/.exec(letters) ?? []
      const paths = [
        "about",
        "status",
        "lanes",
        "alerts",
        "history",
        "dead-letters",
        `dead-letters/${letter}`
      ]
      for (const path of ["/", "/healthz", "/readyz", "/metrics", ...paths.map((name) => `/api/${name}`)]) {
        const text = yield* ask(path)
        assert.notInclude(text, "there is no such", path)
        assertHoldsNone(path, text, [...secrets, ...keys, token])
      }
      program.kill("SIGTERM")
      yield* program.ended
    })
  )

  it.live("in plain text in the configuration are refused, and not repeated", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const config = JSON.stringify(World.configuration("http://127.0.0.1:9"))
      const places = [
        config.replace('{"env":"MP_IOS_SECRET"}', `"${wrong}"`),
        config.replace('{"env":"MP_IOS_SECRET"}', `{"value":"${wrong}"}`),
        config.replace('"environment":"development"', `"environment":"${wrong}"`),
        config.replace('"credentials":{', `"secret":"${wrong}","credentials":{`),
        config.replace('"name":"tested"', `"name":"tested","${wrong}":1,"x":["${wrong}`)
      ]
      for (const text of places) {
        assert.notStrictEqual(text, config)
        const { code, stdout, stderr } = yield* world.millrace(["check", world.configure(text)])
        assert.strictEqual(code, 2, stderr)
        // A key of the file is no secret, and is named where it is unknown.
        assertHoldsNone("the complaint", `${stdout}${stderr}`.replace(`: ${wrong}: unknown key`, ""), [wrong])
      }
    })
  )
})
