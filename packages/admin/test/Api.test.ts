/** What the endpoint tells and does. */
import { assert, describe, it } from "@effect/vitest"
import { Ledger, Outbox, OutboxMemory } from "@millrace/core"
import type { Overview } from "@millrace/operations"
import * as Effect from "effect/Effect"
import { ask, post } from "./support/ask.ts"
import { event, start } from "./support/exporter.ts"

const memory = Effect.provide(OutboxMemory.layer, { local: true })
const key = { route: "crm", lane: "web" }

/** Thirty events, of which every third is refused. */
const world = {
  lanes: ["web", "ios"],
  events: Array.from({ length: 30 }, (_, index) => event(index, index % 2 === 0 ? "web" : "ios")),
  refuses: (id: string) => Number(id.slice(6)) % 3 === 0
}

const get = (url: string, path: string) =>
  Effect.map(ask(url, path), ({ body, status }) => {
    assert.strictEqual(status, 200, `${path}: ${body}`)
    return JSON.parse(body)
  })
const done = (url: string, path: string, value: unknown) =>
  Effect.map(post(url, path, value), ({ body, status }) => {
    assert.strictEqual(status, 200, `${path}: ${body}`)
    return JSON.parse(body)
  })

describe("the API", () => {
  it.live("tells of health, and is not ready while the exporter stops", () =>
    Effect.gen(function* () {
      let why: string | undefined
      const { url } = yield* start(world, {}, { notReady: Effect.sync(() => why) })
      assert.strictEqual((yield* ask(url, "/readyz")).status, 200)
      why = "the exporter stops"
      const { body, status } = yield* ask(url, "/readyz")
      assert.deepStrictEqual([status, body], [503, "the exporter stops\n"])
      assert.strictEqual((yield* ask(url, "/healthz")).status, 200)
    }).pipe(memory)
  )

  it.live("tells all that status tells, with what lanes did in the last hour", () =>
    Effect.gen(function* () {
      const { url } = yield* start(
        world,
        {},
        { metrics: ({ lanes }) => Effect.succeed(`millrace_lanes ${lanes.length}\n`) }
      )
      const status = yield* get(url, "/api/status")
      assert.deepStrictEqual(Ledger.imbalance(status), [])
      assert.deepStrictEqual(status.routes.crm.dead, { "bad-request": 10 })
      assert.isTrue(status.running)
      const about = yield* get(url, "/api/about")
      assert.deepInclude(about, { exporter: "tested", config: "millrace.yaml", readOnly: false })
      assert.deepStrictEqual(about.routes, [{ name: "crm", sources: ["default"] }])
      const { lanes } = yield* get(url, "/api/history")
      const events = lanes.flatMap(({ events }: { readonly events: ReadonlyArray<number> }) => events)
      assert.strictEqual(events.length, 120)
      assert.strictEqual(
        events.reduce((sum: number, count: number) => sum + count, 0),
        20
      )
      assert.deepStrictEqual((yield* get(url, "/api/lanes")).sources, status.sources)
      assert.deepStrictEqual((yield* get(url, "/api/alerts")).attention, status.attention)
      assert.deepStrictEqual(yield* get(url, "/api/backfills"), { backfills: [] })
      const metrics = yield* ask(url, "/metrics")
      assert.match(metrics.headers["content-type"] ?? "", /version=0\.0\.4/)
      assert.strictEqual(metrics.body, "millrace_lanes 2\n")
    }).pipe(memory)
  )

  it.live("pauses a lane and lets it go on, and answers how it stands then", () =>
    Effect.gen(function* () {
      const { running, url } = yield* start(world)
      const paused = yield* done(url, "/api/lanes/pause", key)
      assert.deepInclude(paused, key)
      assert.strictEqual(paused.gate.reason, "paused")
      const isPaused = Effect.map(running.lanes, (lanes) => lanes.map(({ gate }) => gate.reason === "paused"))
      assert.deepStrictEqual((yield* isPaused).sort(), [false, true])
      assert.isTrue((yield* done(url, "/api/lanes/resume", key)).gate.open)
      assert.deepStrictEqual(yield* isPaused, [false, false])
      assert.strictEqual((yield* post(url, "/api/lanes/pause", { route: "crm", lane: "none" })).status, 404)
    }).pipe(memory)
  )

  it.live("lists dead letters page by page, without their events; one that is asked for is whole", () =>
    Effect.gen(function* () {
      const { url } = yield* start(world)
      const ids: Array<number> = []
      let after: number | undefined = 0
      let pages = 0
      while (after !== undefined) {
        const answer = yield* ask(url, `/api/dead-letters?limit=3&after=${after}`)
        assert.notInclude(answer.body, "nobody may see")
        const page: { readonly letters: ReadonlyArray<{ readonly id: number }>; readonly after?: number } =
          JSON.parse(answer.body)
        ids.push(...page.letters.map(({ id }) => id))
        after = page.after
        pages++
      }
      assert.deepStrictEqual([new Set(ids).size, pages], [10, 4])
      const letter = yield* get(url, `/api/dead-letters/${ids[0]}`)
      assert.strictEqual(letter.event.properties.note, "what nobody may see unasked")
      assert.deepStrictEqual(letter.message, { sent: letter.event.id })
      assert.strictEqual((yield* ask(url, "/api/dead-letters/999999")).status, 404)
      const found = yield* get(
        url,
        `/api/dead-letters?event=${letter.event.id}&type=shop.*&user=web&lane=web`
      )
      assert.deepStrictEqual(
        found.letters.map(({ id }: { readonly id: number }) => id),
        [ids[0]]
      )
      assert.lengthOf((yield* get(url, "/api/dead-letters?to=2020-01-01")).letters, 0)
    }).pipe(memory)
  )

  it.live("replays and purges by the same filter that counts, and the ledger tells of it", () =>
    Effect.gen(function* () {
      let isMended = false
      const { running, url } = yield* start({
        ...world,
        refuses: (id) => !isMended && world.refuses(id)
      })
      const filter = { lane: "ios", reason: "bad-request" }
      const { total } = yield* done(url, "/api/dead-letters/count", filter)
      assert.strictEqual(total, 5)
      assert.strictEqual((yield* post(url, "/api/dead-letters/purge", {})).status, 400)
      isMended = true
      assert.deepStrictEqual(yield* done(url, "/api/dead-letters/replay", filter), { replayed: 5, left: 0 })
      const {
        letters: [one]
      } = yield* get(url, "/api/dead-letters")
      assert.deepStrictEqual(yield* done(url, "/api/dead-letters/purge", { ids: [one.id] }), { purged: 1 })
      assert.deepStrictEqual(yield* done(url, "/api/dead-letters/purge", { all: true }), { purged: 4 })
      const delivered = Effect.map(running.ledger, (ledger) => Ledger.total(ledger, "delivered"))
      while ((yield* delivered) < 25) yield* Effect.sleep("5 millis")
      const ledger = yield* running.ledger
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.deepStrictEqual(ledger.routes["crm"]?.erased, { purged: 5 })
    }).pipe(memory)
  )

  it.live("tells of a fleet who owns what, whichever of its exporters is asked", () =>
    Effect.gen(function* () {
      const shared = yield* OutboxMemory.makeShared({ tracks: 8, leaseTime: 12_000, bytes: undefined })
      const join = Effect.fnUntraced(function* (name: string) {
        return yield* Effect.provideService(start({ ...world, name }), Outbox.Outbox, yield* shared.open())
      })
      const urls = [(yield* join("mill-a")).url, (yield* join("mill-b")).url]
      const owned = Effect.forEach(urls, (url) =>
        Effect.map(ask(url, "/api/status"), ({ body }) => {
          const { instances }: Overview.Overview = JSON.parse(body)
          return Object.fromEntries(
            (instances ?? []).map(({ lanes, name }) => [
              name,
              lanes.map(({ lane, of, tracks }) => `${lane} ${tracks}/${of}`).sort()
            ])
          )
        })
      )
      const shares = { "mill-a": ["ios 4/8", "web 4/8"], "mill-b": ["ios 4/8", "web 4/8"] }
      const isShared = Effect.map(
        owned,
        (found) => JSON.stringify(found) === JSON.stringify([shares, shares])
      )
      while (!(yield* isShared)) yield* Effect.sleep("20 millis")
    })
  )

  it.live("stays below 50 kB with fifty lanes, all of them closed", () =>
    Effect.gen(function* () {
      const lanes = Array.from({ length: 50 }, (_, index) => `app-${index}.example`)
      const { operations, url } = yield* start({
        lanes,
        events: lanes.flatMap((lane, index) => [event(index, lane), event(index + 50, lane)])
      })
      for (const lane of lanes) yield* operations.pause({ route: "crm", lane }, true)
      for (const path of ["/api/status", "/api/history", "/api/lanes"]) {
        const { body } = yield* ask(url, path)
        assert.isBelow(body.length, 50_000, path)
        for (const lane of lanes) assert.include(body, lane)
      }
    }).pipe(memory)
  )
})
