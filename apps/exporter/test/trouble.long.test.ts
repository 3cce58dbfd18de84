/** What an operator is told of real trouble: by webhook, by e-mail and in `status`, once when it begins and once when it is over. */
import { execFileSync } from "node:child_process"
import { mkdirSync, renameSync, truncateSync, writeFileSync } from "node:fs"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import type { Alert, Condition } from "@millrace/operations/Alerts"
import type { Source } from "@millrace/operations/Status"
import * as Effect from "effect/Effect"
import { startHook, startMail } from "./support/alerted.ts"
import { fill, mounted } from "./support/disk.ts"
import { assertEnded, until } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** A way to a port that can be cut and joined again. */
const startCable = Effect.fnUntraced(function* (port: number) {
  const sockets = new Set<Socket>()
  let server: Server
  const listen = (at: number) =>
    new Promise<number>((resolve) => {
      server = createServer((near) => {
        const far = connect(port, "127.0.0.1")
        for (const socket of [near, far]) {
          sockets.add(socket)
          socket.on("error", () => undefined).on("close", () => sockets.delete(socket))
        }
        near.pipe(far)
        far.pipe(near)
      })
      server.listen(at, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
    })
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  const own = yield* Effect.flatMap(World.freePort, (port) => Effect.promise(() => listen(port)))
  yield* Effect.addFinalizer(() => Effect.promise(cut))
  return {
    url: `http://127.0.0.1:${own}`,
    cut: Effect.promise(cut),
    join: Effect.promise(() => listen(own))
  }
})

interface Status {
  readonly running: boolean
  readonly sources: ReadonlyArray<Source>
  readonly outbox: { readonly free: number; readonly problem?: string }
  readonly attention: ReadonlyArray<Condition>
}

const start = Effect.gen(function* () {
  const world = yield* World.make
  const hook = yield* startHook
  const { host, mails } = yield* startMail
  const emulator = yield* Emulator.start({ feeds: World.feeds })
  const cable = yield* startCable(Number(new URL(emulator.url).port))
  const base = World.configuration(cable.url)
  const [route] = base.routes
  const configure = (top: object = {}, alerts: object = {}) =>
    world.configure({
      ...base,
      ...top,
      routes: [
        { ...route, policy: { ...World.patient, longestBackoff: "500 millis", probeEvery: "500 millis" } }
      ],
      alerts: {
        webhook: { url: { env: "HOOK" } },
        email: { server: { env: "SMTP" }, from: "millrace@example.com", to: "ops@example.com" },
        noSuccessFor: "2 seconds",
        ...alerts
      }
    })
  const environment = { HOOK: hook.url, SMTP: `smtp://${host}` }
  const posted = (): ReadonlyArray<Alert> => hook.requests.flatMap(({ body }) => JSON.parse(body).alerts)
  const run = (file: string) => world.start(["run", file, "--follow"], { environment })
  const status = (file: string) =>
    Effect.map(world.millrace(["status", file, "--json"]), ({ stdout }): Status => JSON.parse(stdout))
  /** Mails of one alert, by its mark. */
  const mailed = (mark: string) => mails.filter((mail) => mail.includes(`Subject: [tested] ${mark}: `)).length
  return { world, emulator, cable, configure, environment, posted, run, status, mails, mailed }
})

const onDisk = { outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./disk/state" } } }

/** A disk of this size, where the machine gives one. */
const smallDisk = (world: World.World, size: string) => {
  const disk = world.path("disk")
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mounted(disk, size)),
      (yes) => Effect.sync(() => yes && execFileSync("umount", [disk]))
    ),
    (yes) => (yes ? disk : undefined)
  )
}

describe.concurrent("of real trouble an operator is told once when it begins and once when it is over", () => {
  it.live("a remote that cannot be reached, a folder that is moved twice, a key that is refused", () =>
    Effect.gen(function* () {
      const { world, emulator, cable, configure, posted, run, status, mailed } = yield* start
      world.writeExport({ seed: 71, events: 200 })
      const file = configure()
      const program = yield* run(file)
      const told = (kind: Alert["kind"], condition: Alert["condition"]) =>
        posted().filter((alert) => alert.kind === kind && alert.condition === condition)
      const attention = Effect.map(status(file), (found) => ({
        ...found,
        conditions: found.attention.map(({ condition }) => condition)
      }))
      yield* until(program, () => emulator.state().totals.events > 0)

      yield* cable.cut
      world.writeExport({ seed: 72, events: 40 }, "export/later")
      yield* until(program, () => told("raised", "no-success").length > 0)
      const outage = yield* attention
      assert.include(outage.conditions, "no-success")
      const [first] = told("raised", "no-success")
      assert.strictEqual(first?.route, "mparticle")
      assert.match(
        first?.text ?? "",
        /^lane \w+ of route mparticle has had no success for \d+s \(no-answer\): .*look at/
      )
      yield* cable.join
      const over = () => told("healed", "no-success").length === told("raised", "no-success").length
      yield* until(program, over)
      assert.match(told("healed", "no-success")[0]!.text, /delivers again/)

      for (const time of [1, 2]) {
        renameSync(world.path("export"), world.path("away"))
        yield* until(program, () => told("raised", "source").length === time)
        const gone = yield* attention
        assert.deepStrictEqual(gone.conditions, ["source"])
        assert.strictEqual(gone.sources[0]?.state, "gone")
        assert.include(gone.sources[0]?.problems.first[0]?.detail, "is not there")
        renameSync(world.path("away"), world.path("export"))
        yield* until(program, () => told("healed", "source").length === time)
        assert.deepStrictEqual((yield* attention).conditions, [])
      }

      emulator.fail([{ kind: "status", status: 401, feed: "web" }])
      world.writeExport({ seed: 73, events: 200 }, "export/last")
      yield* until(program, () => told("raised", "closed").length > 0)
      assert.include((yield* attention).conditions, "closed")
      emulator.fail([])
      yield* until(program, () => told("healed", "closed").length > 0)

      const kinds = posted().map(({ kind, key }) => `${kind} ${key}`)
      const twice = new Set(kinds.filter((one, index) => kinds.indexOf(one) !== index))
      assert.deepStrictEqual([...twice].sort(), ["healed source default", "raised source default"])
      // Four lanes without success may share a mail; the others have one each.
      yield* until(program, () => mailed("OK") >= 3 && mailed("ALERT") >= 3)
      program.kill("SIGTERM")
      const ended = yield* program.ended
      assertEnded(ended, ended.code === 3 ? 3 : 0)
      const lines = (text: string) => ended.stderr.split(text).length - 1
      assert.strictEqual(lines("the source can be read again, after"), 2)
    })
  )

  it.live("a disk that is nearly full", () =>
    Effect.gen(function* () {
      const { world, configure, posted, run, status } = yield* start
      const disk = yield* smallDisk(world, "16m")
      if (disk === undefined) return
      const file = configure(onDisk, { freeBelow: "8 MiB" })
      world.writeExport({ seed: 77, events: 20 })
      const program = yield* run(file)
      yield* program.says("started")
      const ofDisk = () =>
        posted()
          .filter(({ condition }) => condition === "disk-full")
          .map(({ kind }) => kind)
      assert.deepStrictEqual(ofDisk(), [])
      writeFileSync(join(disk, "ballast"), Buffer.alloc(10 * 1024 * 1024))
      yield* until(program, () => ofDisk().length > 0)
      const nearly = yield* status(file)
      const told = nearly.attention.find(({ condition }) => condition === "disk-full")
      assert.include(told?.text, "are free on the disk of the outbox; when it is full the exporter stops")
      assert.isBelow(nearly.outbox.free, 8 * 1024 * 1024)
      truncateSync(join(disk, "ballast"), 0)
      yield* until(program, () => ofDisk().length > 1)
      assert.deepStrictEqual(ofDisk(), ["raised", "healed"])
      program.kill("SIGTERM")
      assertEnded(yield* program.ended, 0)
    })
  )

  it.live("a disk that fills", () =>
    Effect.gen(function* () {
      const { world, configure, posted, run, status, mails, mailed } = yield* start
      const disk = yield* smallDisk(world, "2m")
      if (disk === undefined) return
      const file = configure(onDisk)
      world.writeExport({ seed: 74, events: 20 })
      mkdirSync(world.path("export/later"), { recursive: true })
      const well = yield* run(file)
      yield* well.says("started")
      fill(disk, 0)
      world.writeExport({ seed: 75, events: 8_000 }, "export/later")
      assertEnded(yield* well.ended, 1)
      const stops = () => posted().filter(({ condition }) => condition === "stopped")
      assert.deepStrictEqual(
        stops().map(({ kind }) => kind),
        ["raised"]
      )
      assert.match(stops()[0]!.text, /^the exporter has stopped: .*is full; nothing was lost; free space/)
      // Whoever starts it again, as a supervisor does, is told nothing twice.
      assertEnded(yield* (yield* run(file)).ended, 1)
      assert.strictEqual(stops().length, 1)
      const full = yield* status(file)
      assert.isFalse(full.running)
      assert.isBelow(full.outbox.free, 64 * 1024)

      execFileSync("mount", ["-o", "remount,size=64m", disk])
      const again = yield* run(file)
      yield* until(again, () => stops().length > 1)
      assert.deepStrictEqual(
        stops().map(({ kind }) => kind),
        ["raised", "healed"]
      )
      assert.include(stops()[1]!.text, "the exporter runs again")
      yield* until(again, () => mailed("OK") > 0)
      assert.strictEqual(mails.filter((mail) => /Subject: .*the exporter has stopped/.test(mail)).length, 1)
      again.kill("SIGTERM")
      const ended = yield* again.ended
      assertEnded(ended, ended.code === 3 ? 3 : 0)
    })
  )
})

describe("lanes", () => {
  it.live("resumed or shown, tell what they really do, and all of it in JSON", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const failures = [{ kind: "status", status: 401, feed: "web" } as const]
      const emulator = yield* Emulator.start({ feeds: World.feeds, failures })
      world.writeExport({ seed: 76, events: 100 })
      const file = world.configure(World.configuration(emulator.url))
      assertEnded(yield* world.millrace(["run", file]), 3)
      const said = (...args: ReadonlyArray<string>) =>
        Effect.map(world.millrace(["lanes", ...args]), ({ stdout }) => stdout)
      assert.match(
        yield* said("resume", file, "web"),
        /web of route mparticle: not paused, but closed \(unauthorized\); \d+ events wait/
      )
      assert.match(yield* said("pause", file, "web"), /web of route mparticle: paused; \d+ events wait/)
      // What closed it before the pause closes it still.
      assert.match(
        yield* said("resume", file, "web"),
        /web of route mparticle: not paused, but closed \(unauthorized\); \d+ events wait/
      )
      const shown: {
        readonly lanes: ReadonlyArray<{
          readonly lane: string
          readonly waiting: number
          readonly expires: number
        }>
        readonly sources: ReadonlyArray<Source>
      } = JSON.parse(yield* said("show", file, "--json"))
      const web = shown.lanes.find(({ lane }) => lane === "web")
      assert.isAbove(web?.waiting ?? 0, 0)
      assert.isAbove(web?.expires ?? 0, Date.now())
      assert.deepStrictEqual(
        shown.sources.map(({ source, state }) => [source, state]),
        [["default", "ended"]]
      )
      assert.match(yield* said("show", file), /default {2}ended/)
    })
  )
})
