/** The page that Prometheus reads. */
import { spawnSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { type Intake, Ledger, type Observer, Outbox, OutboxMemory, Outcome, Source } from "@millrace/core"
import { Metrics, Telemetry } from "@millrace/telemetry"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Exporter from "./support/exporter.ts"
import * as Page from "./support/page.ts"
import * as Time from "./support/time.ts"

const memory = Effect.provide(OutboxMemory.layer)
const own = { exporter: "shop", version: "1.2.3" }
const crm = { route: "crm", lane: "main" }

/** Lets what is under way come to its end. */
const settle = Time.pass("10 seconds")

const rejecting: Exporter.Answer = (id) =>
  /^event-\d*5$/.test(id) ? Outcome.rejected("bad-request", "words of the remote") : undefined

const bad: Intake.Malformed = {
  reason: "malformed",
  detail: "no JSON",
  position: "0",
  raw: new Uint8Array(3)
}

const source: Source.Source = {
  ...Source.fromArray([]),
  run: (intake) =>
    Effect.andThen(
      intake.append({ events: Exporter.events(50), malformed: [bad], consumed: 5000 }),
      Effect.andThen(intake.lag({ count: 3, bytes: 700, oldest: 4000 }), Effect.never)
    )
}

/** The page of an exporter that has delivered, rejected and skipped. */
const pageOf = Effect.fnUntraced(function* (answer: Exporter.Answer) {
  const telemetry = yield* Telemetry.make(own)
  const { overview, running } = yield* Exporter.start(
    Exporter.definition(Exporter.destination(answer), source),
    telemetry
  )
  yield* settle
  const text = yield* telemetry.prometheus(yield* overview)
  return { text, page: Page.read(text), ledger: yield* running.ledger, telemetry, overview, running }
})

describe("the page for Prometheus", () => {
  it.effect("has the counts of the ledger, read from the outbox", () =>
    Effect.gen(function* () {
      const { page, ledger } = yield* pageOf(rejecting)
      const counts = ledger.routes["crm"]!
      assert.deepStrictEqual(counts.delivered, { main: 40 })
      const events = "millrace_events_total"
      assert.strictEqual(Page.sample(page, events, { route: "crm", outcome: "read" }), 51)
      assert.strictEqual(Page.sample(page, events, { ...crm, outcome: "delivered" }), 40)
      const skipped = { route: "crm", outcome: "skipped", reason: "not-wanted" }
      assert.strictEqual(Page.sample(page, events, skipped), 5)
      for (const [reason, dead] of Object.entries(counts.dead)) {
        assert.strictEqual(Page.sample(page, events, { route: "crm", outcome: "dead", reason }), dead)
        assert.strictEqual(Page.sample(page, "millrace_dead_letters", { route: "crm", reason }), dead)
      }
      const all = Page.sumOf(page, events, { route: "crm" })
      assert.strictEqual(all - counts.read + Page.sumOf(page, "millrace_waiting_events"), counts.read)
      assert.strictEqual(Page.sample(page, "millrace_missing_events", { route: "crm" }), 0)
    }).pipe(Effect.scoped, memory)
  )

  it.effect("has what this exporter did, and it agrees with the ledger", () =>
    Effect.gen(function* () {
      const { page, ledger } = yield* pageOf(rejecting)
      const counts = ledger.routes["crm"]!
      const settled = "millrace_settled_events_total"
      assert.strictEqual(Page.sample(page, settled, { ...crm, outcome: "delivered" }), 40)
      for (const [reason, dead] of Object.entries(counts.dead))
        assert.strictEqual(Page.sumOf(page, settled, { route: "crm", outcome: "dead", reason }), dead)
      const attempts = Page.sumOf(page, "millrace_attempt_seconds_count", crm)
      assert.isAbove(attempts, 3)
      assert.strictEqual(Page.sample(page, "millrace_attempt_events_count", crm), attempts)
      assert.strictEqual(Page.sample(page, "millrace_attempt_events_sum", crm), 45)
      assert.isAbove(Page.sample(page, "millrace_attempt_bytes_sum", crm) ?? 0, 1000)
      assert.isAbove(Page.sumOf(page, "millrace_refused_attempts_total", { reason: "bad-request" }), 0)
      assert.strictEqual(Page.sample(page, "millrace_append_seconds_count"), 1)
      assert.strictEqual(Page.sample(page, "millrace_chunk_events_sum", { source: "default" }), 51)
      assert.strictEqual(Page.sample(page, "millrace_source_bytes_total", { source: "default" }), 5000)
      assert.strictEqual(Page.sample(page, "millrace_source_bad_records_total", { source: "default" }), 1)
      assert.strictEqual(Page.sample(page, "millrace_owned_tracks", crm), 1)
    }).pipe(Effect.scoped, memory)
  )

  it.effect("tells how sources, outbox and the program stand", () =>
    Effect.gen(function* () {
      const { page } = yield* pageOf(rejecting)
      const of = { source: "default" }
      assert.strictEqual(Page.sample(page, "millrace_source_lag_seconds", of), 6.2)
      assert.strictEqual(Page.sample(page, "millrace_source_lag_pieces", of), 3)
      assert.strictEqual(Page.sample(page, "millrace_source_lag_bytes", of), 700)
      assert.strictEqual(Page.sumOf(page, "millrace_source_state", of), 1)
      assert.strictEqual(
        Page.sample(page, "millrace_source_newest_event_timestamp_seconds", of),
        1_790_000_000.049
      )
      assert.isDefined(Page.sample(page, "millrace_outbox_bytes"))
      const build = { exporter: "shop", version: "1.2.3", node: process.version }
      assert.strictEqual(Page.sample(page, "millrace_build_info", build), 1)
      assert.isAbove(Page.sample(page, "process_resident_memory_bytes") ?? 0, 10_000_000)
    }).pipe(Effect.scoped, memory)
  )

  it.effect("tells of a lane whose key is refused in the words of the status", () =>
    Effect.gen(function* () {
      let isValid = false
      const { page, telemetry, overview } = yield* pageOf(() =>
        isValid ? undefined : Outcome.unauthorized("unauthorized", "key 1234 is unknown")
      )
      assert.strictEqual(Page.sample(page, "millrace_lane_open", crm), 0)
      assert.strictEqual(Page.sample(page, "millrace_lane_closed", { ...crm, reason: "unauthorized" }), 1)
      assert.strictEqual(Page.sample(page, "millrace_waiting_events", crm), 45)
      assert.isAbove(Page.sample(page, "millrace_waiting_bytes", crm) ?? 0, 1000)
      assert.strictEqual(Page.sample(page, "millrace_oldest_waiting_seconds", crm), 10.2)
      assert.strictEqual(Page.sample(page, "millrace_retention_left_seconds", crm), 7 * 86_400 - 10.2)
      assert.isAbove(Page.sample(page, "millrace_lane_wait_seconds", crm) ?? 0, 100)
      assert.isAbove(Page.sample(page, "millrace_lane_failing_seconds", crm) ?? 0, 0)
      assert.strictEqual(Page.sample(page, "millrace_attention", { condition: "closed", ...crm }), 1)
      const closings = { ...crm, reason: "unauthorized" }
      // Tried again while it is closed: that is no other closing.
      yield* Time.pass("1 hour")
      const later = Page.read(yield* telemetry.prometheus(yield* overview))
      assert.strictEqual(Page.sample(later, "millrace_lane_closings_total", closings), 1)
      assert.isAbove(Page.sumOf(later, "millrace_attempt_seconds_count", { outcome: "unauthorized" }), 3)
      isValid = true
      yield* Time.pass("1 hour")
      const healed = Page.read(yield* telemetry.prometheus(yield* overview))
      assert.strictEqual(Page.sample(healed, "millrace_lane_open", crm), 1)
      assert.strictEqual(Page.sumOf(healed, "millrace_lane_closed"), 0)
      assert.strictEqual(Page.sumOf(healed, "millrace_attention"), 0)
      assert.strictEqual(Page.sample(healed, "millrace_waiting_events", crm), 0)
      assert.isAbove(Page.sample(healed, "millrace_lane_last_success_timestamp_seconds", crm) ?? 0, 3600)
    }).pipe(Effect.scoped, memory)
  )

  it.effect("tells of a fleet who owns what", () =>
    Effect.gen(function* () {
      const shared = yield* OutboxMemory.makeShared({ tracks: 8, leaseTime: 12_000, bytes: undefined })
      const join = Effect.fnUntraced(function* (name: string) {
        const scope = yield* Scope.fork(yield* Effect.scope)
        const outbox = yield* Scope.provide(shared.open(), scope)
        const telemetry = yield* Telemetry.make(own)
        const started = yield* Exporter.start(
          Exporter.definition(Exporter.destination(() => undefined)),
          telemetry,
          { name, roles: ["read", "deliver"] }
        ).pipe(Effect.provideService(Outbox.Outbox, outbox), Scope.provide(scope))
        return { ...started, telemetry, leave: Scope.close(scope, Exit.void) }
      })
      const first = yield* join("first")
      yield* join("second")
      yield* settle
      const page = Page.read(yield* first.telemetry.prometheus(yield* first.overview))
      for (const name of ["first", "second"]) {
        assert.strictEqual(Page.sample(page, "millrace_instance_tracks", { name, ...crm }), 4)
        assert.isDefined(Page.sample(page, "millrace_instance_splits", { name }))
        assert.isBelow(Page.sample(page, "millrace_instance_silent_seconds", { name }) ?? 99, 12)
      }
      assert.strictEqual(Page.sample(page, "millrace_owned_tracks", crm), 4)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "keeps to the rules for names, units and labels, and promtool says so where there is one",
    (context) =>
      Effect.gen(function* () {
        const { page, text } = yield* pageOf(rejecting)
        assert.deepStrictEqual(Page.problemsOf(page), [])
        const declared = new Map(Metrics.all.map((one) => [one.name, one]))
        for (const { name, help, type } of page.families.values()) {
          assert.strictEqual(declared.get(name)?.kind, type, name)
          assert.strictEqual(declared.get(name)?.help, help)
        }
        for (const { name, labels } of page.samples) {
          const { labels: known = [] } =
            declared.get(name.replace(/_(bucket|sum|count)$/, "")) ?? declared.get(name) ?? {}
          for (const label of Object.keys(labels)) assert.include([...known, "le"], label, name)
        }
        const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" })
        if (checked.error !== undefined)
          return context.annotate("promtool is not on the PATH: its own look was left out")
        assert.strictEqual(checked.stderr + checked.stdout, "")
        assert.strictEqual(checked.status, 0)
      }).pipe(Effect.scoped, memory)
  )

  it("declares each metric once, in names that follow the rules", () => {
    const names = Metrics.all.map(({ name }) => name)
    assert.strictEqual(new Set(names).size, names.length)
    const families = new Map(
      Metrics.all.map(({ help, kind, name }) => [name, { name, help, type: kind }] as const)
    )
    assert.deepStrictEqual(Page.problemsOf({ families, samples: [] }), [])
    for (const { boundaries, kind, name, unit } of Metrics.all) {
      const plain = name.replace(/_total$/, "")
      assert.strictEqual(unit === "seconds", plain.endsWith("_seconds"), name)
      assert.strictEqual(unit === "bytes", plain.endsWith("_bytes"), name)
      assert.strictEqual(kind === "histogram", boundaries !== undefined, name)
    }
  })

  it.effect("stays a page whatever names it is given, and of a bounded size", () =>
    Effect.gen(function* () {
      const telemetry = yield* Telemetry.make(own)
      const lane = 'a "lane"\n\\ with } all = of, it'
      telemetry.observe({ _tag: "Settlement", route: "crm", lane, delivered: 3, dead: [], at: 0 })
      const sources = 5000
      for (let index = 0; index < sources; index++) {
        const chunk: Observer.Chunk = {
          _tag: "Chunk",
          source: `source-${index}`,
          split: "",
          events: 1,
          bad: 0,
          bytes: 1,
          began: 0,
          ended: 1
        }
        telemetry.observe(chunk)
      }
      const nothing = { unread: { splits: 0, first: [] }, exporter: "shop", running: true, routes: {} }
      const overview = { ...nothing, lanes: [], sources: [], outbox: {}, attention: [] }
      const page = Page.read(yield* telemetry.prometheus(overview))
      assert.deepStrictEqual(Page.problemsOf(page), [])
      const settled = { route: "crm", lane, outcome: "delivered" }
      assert.strictEqual(Page.sample(page, "millrace_settled_events_total", settled), 3)
      const read = page.samples.filter(({ name }) => name === "millrace_source_events_total")
      assert.strictEqual(read.length, 2001)
      assert.strictEqual(Page.sumOf(page, "millrace_source_events_total"), sources)
      assert.strictEqual(
        Page.sample(page, "millrace_source_events_total", { source: "other" }),
        sources - 2000
      )
    }).pipe(Effect.scoped)
  )

  it.effect("quotes neither events nor remotes", () =>
    Effect.gen(function* () {
      const { text, ledger } = yield* pageOf(rejecting)
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.notInclude(text, "words of the remote")
      assert.notInclude(text, "user-1")
      assert.notInclude(text, "event-")
    }).pipe(Effect.scoped, memory)
  )
})
