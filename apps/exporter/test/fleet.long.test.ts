import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import { Emulator } from "@millrace/mparticle-emulator"
import type { Alert } from "@millrace/operations/Alerts"
import * as Effect from "effect/Effect"
import * as Relay from "../../../packages/outbox-postgres/test/support/relay.ts"
import * as Server from "../../../packages/outbox-postgres/test/support/server.ts"
import { exitCodes } from "../src/exitCode.ts"
import { startHook } from "./support/alerted.ts"
import { assertEnded, type Program } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const lease = 5_000
const names = ["first", "second", "third"] as const
/** Slow enough that something is under way whatever happens. */
const slow = { kind: "slow-answer", wait: 40 } as const

/** Three exporters over one outbox, each with its own way to the server. */
const make = Effect.gen(function* () {
  const world = yield* World.make
  const server = yield* Server.start()
  const hook = yield* startHook
  const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [slow] })
  const base = World.configuration(emulator.url)
  const file = (name: string) =>
    world.configure(
      {
        ...base,
        routes: base.routes.map((route) => ({
          ...route,
          policy: { ...World.patient, longestBackoff: "500 millis" }
        })),
        outbox: {
          use: "@millrace/outbox-postgres",
          settings: { tracks: 12, lease: `${lease} millis`, renew: "1 second" },
          credentials: { url: { env: "DATABASE_URL" } }
        },
        alerts: { webhook: { url: { env: "HOOK" } } },
        instance: { name }
      },
      `${name}.yaml`
    )
  const start = (name: string, url: string) =>
    world.start(["run", file(name), "--follow"], { environment: { DATABASE_URL: url, HOOK: hook.url } })
  const status = Effect.map(
    world.millrace(["status", file("watcher"), "--json"], {
      environment: { DATABASE_URL: server.url(), HOOK: hook.url }
    }),
    ({ stdout }): Status => JSON.parse(stdout)
  )
  const posted = () => hook.requests.flatMap(({ body }): ReadonlyArray<Alert> => JSON.parse(body).alerts)
  return { world, server, emulator, start, status, posted }
})

interface Status extends Ledger.Ledger {
  readonly instances: ReadonlyArray<{
    readonly name: string
    readonly lanes: ReadonlyArray<{ readonly lane: string; readonly tracks: number; readonly of: number }>
  }>
}

/** Whether these exporters, and no others, have all tracks of all lanes. */
const haveAll =
  (...owners: ReadonlyArray<string>) =>
  ({ instances }: Status): boolean => {
    const lanes = instances.flatMap(({ lanes }) => lanes)
    const owned = (lane: string) =>
      lanes.filter((one) => one.lane === lane).reduce((sum, { tracks }) => sum + tracks, 0)
    return (
      instances
        .map(({ name }) => name)
        .sort()
        .join() === owners.join() &&
      lanes.length > 0 &&
      lanes.every(({ lane, of }) => owned(lane) === of)
    )
  }

/** Alerts of what began that was told of before, and not told to be over. */
const twice = (alerts: ReadonlyArray<Alert>): ReadonlyArray<string> => {
  const standing = new Set<string>()
  return alerts.flatMap(({ key = "", kind, text }) => {
    if (kind === "healed") standing.delete(key)
    if (kind !== "raised") return []
    const isAgain = standing.has(key)
    standing.add(key)
    return isAgain ? [text] : []
  })
}

const delivered = (status: Status) => status.routes["mparticle"]?.delivered

const until = <A>(look: Effect.Effect<A>, holds: (found: A) => boolean): Effect.Effect<A> =>
  Effect.flatMap(look, (found) =>
    holds(found) ? Effect.succeed(found) : Effect.andThen(Effect.sleep("200 millis"), until(look, holds))
  )

const isDone =
  (events: number) =>
  (status: Status): boolean =>
    (status.routes["mparticle"]?.read ?? 0) >= events && Ledger.total(status, "waiting") === 0

/** Ends it in order, with events that wait or without. */
const stop = Effect.fnUntraced(function* (program: Program) {
  // Before that it is none that ends in order.
  yield* program.says("started")
  program.kill("SIGTERM")
  const ended = yield* program.ended
  assertEnded(ended, ended.code === exitCodes.waiting ? exitCodes.waiting : exitCodes.settled)
})

describe.skipIf(!Server.isThere)(Server.title("three exporters over one outbox in PostgreSQL"), () => {
  it.live(
    "are restarted one after another while events arrive: nothing is missing, and nothing is sent twice",
    () =>
      Effect.gen(function* () {
        const { emulator, server, start, status, world } = yield* make
        const programs = new Map<string, Program>()
        let events = world.writeExport({ seed: 1, events: 2_000 }, "export/0").readable
        for (const name of names) programs.set(name, yield* start(name, server.url()))
        for (const [index, name] of names.entries()) {
          const { distinctEvents } = emulator.state().totals
          events += world.writeExport({ seed: 2 + index, events: 2_000 }, `export/${index + 1}`).readable
          while (emulator.state().totals.distinctEvents === distinctEvents) yield* Effect.sleep("20 millis")
          yield* stop(programs.get(name)!)
          programs.set(name, yield* start(name, server.url()))
        }
        const last = yield* until(status, isDone(events))
        assert.deepStrictEqual(Ledger.imbalance(last), [])
        for (const program of programs.values()) yield* stop(program)
        const { totals } = emulator.state()
        assert.strictEqual(totals.distinctEvents, Ledger.total(last, "delivered"))
        assert.deepStrictEqual([totals.duplicates, totals.conflicting], [0, 0])
      }),
    240_000
  )

  it.live(
    "go on when one is cut off from the server: others take over, and awake it settles nothing",
    () =>
      Effect.gen(function* () {
        const { emulator, posted, server, start, status, world } = yield* make
        const relay = yield* Relay.make(server)
        let events = world.writeExport({ seed: 5, events: 500 }, "export/0").readable
        yield* start("first", server.url())
        yield* start("second", server.url())
        const cut = yield* start("third", relay.url())
        yield* until(
          status,
          ({ instances }) => instances.filter(({ lanes }) => lanes.length > 0).length === 3
        )
        // Only now: whatever the machine, most of it waits when one is cut off.
        const { distinctEvents } = emulator.state().totals
        events += world.writeExport({ seed: 6, events: 8_000 }, "export/1").readable
        while (emulator.state().totals.distinctEvents < distinctEvents + 500) yield* Effect.sleep("20 millis")
        // Each exporter has requests under way: their answers take their time.
        emulator.fail([{ kind: "slow-answer", wait: 1_500 }])
        const { requests } = emulator.state().totals
        while (emulator.state().totals.requests < requests + 10) yield* Effect.sleep("20 millis")
        const before = posted().length
        relay.stop()
        // What it has under way is taken, and it can tell nobody. From here on nothing is taken from anybody.
        emulator.fail([{ kind: "status", status: 503 }])
        const held = yield* until(status, haveAll("first", "second"))
        while (!posted().some(({ condition }) => condition === "no-success")) yield* Effect.sleep("20 millis")
        relay.mend()
        const back = yield* until(
          status,
          ({ instances }) => instances.find(({ name }) => name === "third")?.lanes.length === 4
        )
        // Its tracks were another's, so what it wants to tell of them is refused.
        assert.deepStrictEqual(delivered(back), delivered(held))
        // All of them see the outage, and one tells of it.
        assert.deepStrictEqual(twice(posted().slice(before)), [])
        emulator.fail([])
        const done = yield* until(status, isDone(events))
        assert.deepStrictEqual(Ledger.imbalance(done), [])
        yield* stop(cut)
        const { totals } = emulator.state()
        assert.strictEqual(totals.distinctEvents, Ledger.total(done, "delivered"))
        // What it had under way came again with the same ids and the same content.
        assert.strictEqual(totals.conflicting, 0)
      }),
    240_000
  )
})
