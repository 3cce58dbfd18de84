import { execFileSync } from "node:child_process"
import { chmodSync, closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Sample } from "@millrace/events-braze"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import { fill, mounted } from "./support/disk.ts"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded, type Ended, loggedBy, type Options, saidBy, startProgram } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const url = "http://127.0.0.1:9"

type Part = { [key: string]: unknown }
/** A configuration with one setting changed; `undefined` takes it out. */
const changed = (at: ReadonlyArray<string | number>, value: unknown): unknown => {
  const config = structuredClone(World.configuration(url)) as Part
  const parent = at.slice(0, -1).reduce((part, key) => part[key] as Part, config)
  parent[String(at.at(-1))] = value
  return config
}

/** The one line that `millrace` itself says. */
const assertSays = (ended: Ended, code: number, ...texts: ReadonlyArray<string>): void => {
  assertEnded(ended, code)
  const lines = saidBy(ended).trim().split("\n")
  assert.strictEqual(lines.length, 1, ended.stderr)
  for (const text of ["millrace: ", ...texts]) assert.include(lines[0], text)
}

const to = ["routes", 0, "to"]

describe.concurrent("a configuration that is no good", () => {
  it.live.each<readonly [string, ReadonlyArray<string | number>, unknown, ReadonlyArray<string>]>([
    [
      "an unknown key",
      [...to, "settings", "enviroment"],
      "x",
      ["millrace.yaml:", 'did you mean "environment"']
    ],
    [
      "an unknown key like no other",
      [...to, "settings", "zzz"],
      1,
      ["settings.zzz: unknown key; those known here are pod"]
    ],
    [
      "a type with a slip of the pen",
      ["routes", 0, "when"],
      { types: ["users.messages.email.Opne"] },
      ["no event is called users.messages.email.Opne", "did you mean users.messages.email.Open?"]
    ],
    [
      "a step for a type with a slip of the pen",
      ["routes", 0, "transforms"],
      [{ drop: ["a"], types: ["users.canvass.*"] }],
      ["no event is called users.canvass.*", "did you mean users.canvas.*?"]
    ],
    [
      "a secret in plain text",
      [...to, "credentials", "ios", "secret"],
      "hush-hush",
      ["credentials.ios.secret", "plain text", "{ env: NAME }"]
    ],
    [
      "a secret that is not there",
      [...to, "credentials", "ios", "secret"],
      { env: "NOT_SET" },
      ["NOT_SET is not set"]
    ],
    [
      "a secret file that is not there",
      [...to, "credentials", "ios", "secret"],
      { file: "gone" },
      ["gone could not be read (ENOENT)"]
    ],
    ["a plugin that is not installed", [...to, "use"], "@acme/nothing", ["run: npm install @acme/nothing"]],
    [
      "a plugin file that is not there",
      [...to, "use"],
      "./nothing.ts",
      ["routes[0].to.use: there is no file", "nothing.ts"]
    ],
    [
      "a plugin of another kind",
      [...to, "use"],
      "@millrace/source-files",
      ["is no destination but a source"]
    ],
    ["a missing key", ["outbox"], undefined, ["outbox: is missing"]],
    [
      "a time limit of nothing",
      ["routes", 0, "policy"],
      { headersTimeout: "0 seconds" },
      ["routes[0].policy.headersTimeout: expected a duration that is longer than nothing"]
    ],
    [
      "a path that is not there",
      ["source", "settings", "path"],
      "./nowhere",
      ["nowhere: is not there; check the path"]
    ],
    ["an empty folder", ["source", "settings", "path"], "./empty", ["empty: has no .avro", "check the path"]]
  ])("%s is named, with what to do", ([, at, value, texts]) =>
    Effect.gen(function* () {
      const world = yield* World.make
      mkdirSync(world.path("empty"))
      world.put("export/events.ndjson", "")
      const file = world.configure(changed(at, value))
      const ended = yield* world.millrace(["run", file])
      assertSays(ended, 2, ...texts)
      assert.notInclude(ended.stderr, "hush-hush")
      // What a configuration says wrong, its check says too.
      if (at[0] === "routes") assertSays(yield* world.millrace(["check", file]), 2, ...texts)
    })
  )

  it.live("is named when the file is missing, is a folder, or is no YAML", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      assertSays(yield* world.millrace(["run", "gone.yaml"]), 2, "gone.yaml: there is no such file")
      assertSays(yield* world.millrace(["run", "."]), 2, "is a folder; name a file")
      const broken = world.configure("name: x\nsource: {")
      assertSays(yield* world.millrace(["run", broken]), 2, "millrace.yaml:2: is not valid YAML or JSON")
    })
  )
})

/** Root may read everything, and so gives up that right. */
const unprivileged: Options =
  process.getuid?.() === 0 ? { before: ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] } : {}

const events = (count: number) => {
  const sample = Sample.make({ seed: 21, users: 10 })
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify(Sample.toCustomHttp(sample.event("users.messages.email.Open", index, 1_782_742_805_000)))
  )
}

describe.concurrent("input that is no good", () => {
  it.live("a folder that may not be read is named", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("export/events.ndjson", `${events(1)[0]}\n`)
      chmodSync(world.path("export"), 0)
      const ended = yield* world.millrace(["run", world.configure(World.configuration(url))], unprivileged)
      chmodSync(world.path("export"), 0o700)
      assertSays(ended, 2, "export: may not be read; give the user that runs Millrace permission")
    })
  )

  it.live(
    "costs what is bad and no more: the rest is delivered, and each fault is named with its file and place",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const emulator = yield* Emulator.start({ feeds: World.feeds })
        const [first, second, third] = events(3) as [string, string, string]
        const notUtf8 = Buffer.concat([
          Buffer.from(first.replace("{", '{"note":"')).subarray(0, 9),
          Buffer.from([0xff, 0xfe]),
          Buffer.from(first.replace("{", '",'))
        ])
        world.put(
          "export/utf8.ndjson",
          Buffer.concat([Buffer.from(`${first}\n`), notUtf8, Buffer.from("\n")])
        )
        world.put("export/json.ndjson", `${second}\n{"id":\n${third}\n`)
        world.put("export/other.avro", otherAvro)
        const summary = world.writeExport({
          seed: 22,
          events: 30,
          types: ["users.messages.email.Open"],
          damage: { blocks: 1, tails: 1 }
        })
        const file = world.configure(World.configuration(emulator.url))
        const ended = yield* world.millrace(["run", file, "--json"])
        assertEnded(ended, 7)
        const totals = Ledgers.totals(Ledgers.parse(ended.stdout))
        assert.strictEqual(totals.read, summary.readable + 3 + 4)
        assert.strictEqual(totals.dead, 4)
        assert.strictEqual(totals.delivered, emulator.state().totals.distinctEvents)
        assert.match(ended.stderr, /utf8\.ndjson: line 2, byte \d+: not UTF-8; kept as a dead letter/)
        assert.match(ended.stderr, /json\.ndjson: line 2, byte \d+: not JSON; kept as a dead letter/)
        assert.match(
          ended.stderr,
          /other\.avro: byte 0: Avro of org\.acme\.Sensor: .*; kept as a dead letter \(not-currents\)/
        )
        assert.match(
          ended.stderr,
          /\.avro: byte \d+: the block's header claims \d+ records; .*; kept as a dead letter \(damaged-block\)/
        )
        assert.match(
          ended.stderr,
          /\.avro: is not read from byte \d+ on: the block there is incomplete; upload it again/
        )
      })
  )

  it.live("a line of 64 MB costs one event and little memory", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      const [before, after] = events(2) as [string, string]
      const path = world.put("export/long.ndjson", `${before}\n{"id":"`)
      const file = openSync(path, "a")
      for (let mebibyte = 0; mebibyte < 64; mebibyte++) writeSync(file, Buffer.alloc(1024 * 1024, "a"))
      writeSync(file, `"}\n${after}\n`)
      closeSync(file)
      const config = world.configure(World.configuration(emulator.url))
      const ended = yield* world.millrace(["run", config, "--json"])
      assertEnded(ended, 4)
      const { read, dead, delivered } = Ledgers.totals(Ledgers.parse(ended.stdout))
      assert.deepStrictEqual({ read, dead, delivered }, { read: 3, dead: 1, delivered: 2 })
      assert.match(ended.stderr, /long\.ndjson: line 2, byte \d+: .*; kept as a dead letter \(too-long\)/)
      assert.isAbove(ended.peak, 0)
      assert.isBelow(ended.peak, 400 * 1024 * 1024)
    })
  )
})

/** Avro of somebody else: a header whose schema is none of Currents. */
const otherAvro = (() => {
  const text = (value: string) => Buffer.concat([varint(value.length), Buffer.from(value)])
  const schema = JSON.stringify({
    type: "record",
    name: "Sensor",
    namespace: "org.acme",
    fields: [{ name: "celsius", type: "double" }]
  })
  const sync = Buffer.alloc(16, 7)
  const meta = [varint(2), text("avro.schema"), text(schema), text("avro.codec"), text("null"), varint(0)]
  return Buffer.concat([Buffer.from("Obj\u0001"), ...meta, sync, varint(1), varint(8), Buffer.alloc(8), sync])
})()

/** Avro's zigzag number. */
function varint(value: number): Buffer {
  const bytes: Array<number> = []
  let rest = value * 2
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

describe.concurrent("a remote that is no good", () => {
  it.live("a wrong secret closes its lane and no other; the right one delivers what waited", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      world.writeExport({ seed: 23, events: 1_000 })
      const file = world.configure(World.configuration(emulator.url))
      const wrong = { environment: { MP_WEB_SECRET: "not-the-secret" } }
      const ended = yield* world.millrace(["run", file, "--json", "--patience", "2 seconds"], wrong)
      assertSays(
        ended,
        3,
        "wait for lane web of route mparticle: closed (unauthorized)",
        "check its key, secret"
      )
      const told = loggedBy(ended).filter(({ lane }) => lane !== undefined)
      assert.deepStrictEqual(
        told
          .filter(({ event }) => event !== "attention-needed")
          .map(({ level, route, lane, reason }) => ({ level, route, lane, reason })),
        [{ level: "WARN", route: "mparticle", lane: "web", reason: "unauthorized" }]
      )
      const { waiting, delivered } = Ledgers.parse(ended.stdout).routes["mparticle"]!
      assert.deepStrictEqual(Object.keys(waiting), ["web"])
      assert.deepStrictEqual(Object.keys(delivered).sort(), ["android", "ios", "unbound"])

      const mended = yield* world.millrace(["run", file, "--json"])
      assertEnded(mended, 0)
      assert.strictEqual(Ledgers.parse(mended.stdout).routes["mparticle"]?.delivered["web"], waiting["web"])
    })
  )

  it.live("an mParticle that is not there leaves everything waiting, and is named for each lane", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const port = yield* World.freePort
      world.writeExport({ seed: 24, events: 500 })
      const address = `http://127.0.0.1:${port}`
      const file = world.configure(World.configuration(address))
      const ended = yield* world.millrace(["run", file, "--json", "--patience", "2 seconds"])
      assertEnded(ended, 3)
      const { waiting } = Ledgers.parse(ended.stdout).routes["mparticle"]!
      const lines = saidBy(ended).trim().split("\n")
      assert.strictEqual(lines.length, Object.keys(waiting).length)
      for (const line of lines) assert.include(line, `${address} refused the connection; check the address`)

      const emulator = yield* Emulator.start({ feeds: World.feeds, port })
      const later = yield* world.millrace(["run", file, "--json"])
      assertEnded(later, 0)
      assert.strictEqual(
        emulator.state().totals.distinctEvents,
        Ledgers.totals(Ledgers.parse(later.stdout)).delivered
      )
    })
  )

  it.live(
    "an mParticle that does not answer is given up and tried again at the limits of the configuration",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const emulator = yield* Emulator.start({
          feeds: World.feeds,
          failures: [{ kind: "slow-answer", wait: "20 seconds" }]
        })
        world.put("export/events.ndjson", `${events(1)[0]}\n`)
        const config = World.configuration(emulator.url)
        const policy = { headersTimeout: "200 millis", connectTimeout: "3 seconds", bodyTimeout: "4 seconds" }
        const file = world.configure({ ...config, routes: [{ ...config.routes[0], policy }] })

        const checked = yield* world.millrace(["check", file])
        assertEnded(checked, 2)
        const [, note] = /unbound +no answer +(\[\d+\])/.exec(checked.stdout) ?? []
        assert.include(checked.stdout, `\n${note} `)
        assert.match(checked.stdout, /did not answer in time/)
        assert.include(checked.stdout, "3s to connect, 200ms until an answer begins, 4s until it is read")

        const before = emulator.state().totals.requests
        const ended = yield* world.millrace(["run", file, "--json", "--patience", "10 seconds"])
        assertSays(ended, 3, "waits for lane unbound", `${emulator.url} did not answer in time`)
        assert.isAbove(emulator.state().totals.requests, before + 1)

        emulator.fail([])
        assertEnded(yield* world.millrace(["run", file, "--json"]), 0)
        assert.strictEqual(emulator.state().totals.distinctEvents, 1)
      })
  )

  it.live("an emulator whose port is taken says so", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      const { port } = new URL(emulator.url)
      const feeds = world.put("feeds.json", JSON.stringify({ feeds: World.feeds }))
      const bin = fileURLToPath(new URL("./bin.ts", import.meta.resolve("@millrace/mparticle-emulator")))
      const second = yield* startProgram([process.execPath, bin, "--feeds", feeds, "--port", port])
      const ended = yield* second.ended
      assertEnded(ended, 2)
      assert.strictEqual(
        ended.stderr,
        `mparticle-emulator: port ${port} on 127.0.0.1 is in use: choose another, or 0 for one that is free\n`
      )
    })
  )
})

describe.concurrent("an outbox that cannot grow", () => {
  it.live("ends the run and loses nothing; with room it goes on", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      const summary = world.writeExport({ seed: 25, events: 8_000 })
      const config = (path: string) => ({
        ...World.configuration(emulator.url),
        outbox: { use: "@millrace/outbox-sqlite", settings: { path } }
      })
      // Files of at most 1 MiB, for the process and its children.
      const small = world.configure(config("./state"))
      const limited = { before: ["sh", "-c", 'ulimit -f 2048; exec "$@"', "sh"] }
      emulator.fail([{ kind: "status", status: 503 }])
      const ended = yield* world.millrace(["run", small], limited)
      assertSays(ended, 1, "state", "failed")
      emulator.fail([])
      const next = yield* world.millrace(["run", small, "--json"])
      assertEnded(next, 0)
      assert.strictEqual(Ledgers.totals(Ledgers.parse(next.stdout)).read, summary.events)
      assert.strictEqual(
        Ledgers.totals(Ledgers.parse(next.stdout)).delivered,
        emulator.state().totals.distinctEvents
      )
    })
  )

  it.live("on a full disk says that the disk is full", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({
        feeds: World.feeds,
        failures: [{ kind: "status", status: 503 }]
      })
      const disk = world.path("disk")
      const isMounted = yield* Effect.acquireRelease(
        Effect.sync(() => mounted(disk)),
        (yes) => Effect.sync(() => yes && execFileSync("umount", [disk]))
      )
      if (!isMounted) return
      const summary = world.writeExport({ seed: 26, events: 8_000 })
      const file = world.configure({
        ...World.configuration(emulator.url),
        outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./disk/state" } }
      })
      assertSays(
        yield* world.millrace(["run", file]),
        1,
        "disk",
        "is full; nothing was lost; free space and run again"
      )
      const asked = [
        ["status", file],
        ["lanes", "show", file],
        ["dead-letters", "list", file]
      ] as const
      // Without a byte, and with room for the owner's note but not for the index of the log.
      for (const free of [0, 12_288]) {
        for (const command of asked) {
          rmSync(join(disk, "state", "outbox.db-shm"), { force: true })
          fill(disk, free)
          const told = yield* world.millrace(command)
          assertEnded(told, 0)
          assert.match(told.stdout, command[0] === "dead-letters" ? /no such/ : /mparticle {2}ios {6}open/)
          assert.include(told.stderr, "is full; nothing was lost; free space and run again\n")
        }
      }
      fill(disk, 0)
      assertSays(yield* world.millrace(["lanes", "pause", file, "ios"]), 1, "is full; nothing was lost")
      execFileSync("mount", ["-o", "remount,size=64m", disk])
      emulator.fail([])
      const next = yield* world.millrace(["run", file, "--json"])
      assertEnded(next, 0)
      assert.strictEqual(Ledgers.totals(Ledgers.parse(next.stdout)).read, summary.events)
      assert.strictEqual(
        Ledgers.totals(Ledgers.parse(next.stdout)).delivered,
        emulator.state().totals.distinctEvents
      )
    })
  )
})
