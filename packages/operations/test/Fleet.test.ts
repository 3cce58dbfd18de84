/** Of exporters that share an outbox, who tells of what. */
import { assert, describe, it } from "@effect/vitest"
import { OutboxMemory, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Alerts from "../src/Alerts.ts"
import { fromOutbox } from "../src/Operations.ts"
import type { Status } from "../src/Status.ts"
import { knownLane } from "./support/knownLane.ts"

const key = { route: "crm", lane: "web" }
const leaseTime = 15_000

/** What all of them send, by exporter. */
interface Posted {
  readonly lines: Array<string>
  /** Exporters whose way to the webhook is out of order. */
  readonly broken: Set<string>
}

const watchedBy = (name: string, { broken, lines }: Posted): Alerts.Watched => ({
  name: "orders",
  definition: { sources: { default: Source.fromArray([]) }, routes: [] },
  store: OutboxMemory.store,
  thresholds: { noSuccessFor: 5000, waitingFor: 3_600_000, unreadableFor: 1000, unreadFor: 600_000 },
  ways: [
    {
      name: "webhook",
      send: (_, alerts) =>
        Effect.suspend(() => {
          if (broken.has(name)) return Effect.fail({ message: "the webhook did not take it" })
          lines.push(...alerts.map((alert) => `${name}: ${alert.kind} ${alert.key}`))
          return Effect.void
        }).pipe(Effect.delay("100 millis"))
    }
  ],
  remindEvery: "1 day"
})

/** One of the fleet; `sees` is laid over what it sees of the outbox. */
const join = Effect.fnUntraced(function* (shared: OutboxMemory.Shared, name: string, posted: Posted) {
  const scope = yield* Scope.make()
  let away = false
  const reach = Effect.suspend(() => (away ? Effect.never : Effect.void))
  const outbox = yield* Scope.provide(shared.open(reach), scope)
  yield* Scope.provide(outbox.join({ name, roles: ["read", "deliver"] }), scope)
  const watched = watchedBy(name, posted)
  const { status } = fromOutbox(outbox, watched)
  let sees: Partial<Status> = {}
  yield* Scope.provide(
    Alerts.watch(
      watched,
      {
        ...fromOutbox(outbox, watched),
        status: () => Effect.map(status(), (found) => ({ ...found, started: 0, ...sees }))
      },
      { instance: name, outbox }
    ),
    scope
  )
  return {
    outbox,
    see: (next: Partial<Status>) => {
      sees = next
    },
    /** It ends in order. */
    end: Scope.close(scope, Exit.void),
    /** Nothing is heard of it any more. */
    vanish: () => {
      away = true
    }
  }
})

const make = Effect.gen(function* () {
  const shared = yield* OutboxMemory.makeShared({ tracks: 4, leaseTime, bytes: undefined })
  const posted: Posted = { lines: [], broken: new Set() }
  const first = yield* join(shared, "first", posted)
  const second = yield* join(shared, "second", posted)
  const third = yield* join(shared, "third", posted)
  const gate = yield* knownLane(first.outbox)
  yield* TestClock.adjust("5 seconds")
  return { posted, first, second, third, gate }
})

/** By whom, and what. */
const parts = (line: string | undefined): readonly [string, string] => {
  const [by = "", what = ""] = (line ?? "").split(": ")
  return [by, what]
}

describe("exporters that share an outbox", () => {
  it.effect("tell once of what concerns them all, and once that it is over", () =>
    Effect.gen(function* () {
      const { gate, posted } = yield* make
      yield* gate(false)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(
        posted.lines.map((line) => parts(line)[1]),
        ["raised closed crm/web"]
      )
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(posted.lines.length, 1)
      yield* gate(true)
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(posted.lines.length, 2)
      const [by] = parts(posted.lines[0])
      assert.deepStrictEqual(parts(posted.lines[1]), [by, "healed closed crm/web"])
    })
  )

  it.effect("go on for one that ended, or was not heard of, and tell nothing twice", () =>
    Effect.gen(function* () {
      const { first, gate, posted, second, third } = yield* make
      const all = { first, second, third }
      yield* gate(false)
      yield* TestClock.adjust("10 seconds")
      const [teller] = parts(posted.lines[0])
      const [next, last] = Object.entries(all).filter(([name]) => name !== teller)
      yield* Object.entries(all).find(([name]) => name === teller)![1].end
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(posted.lines.length, 1)
      next![1].vanish()
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(posted.lines.length, 1)
      yield* last![1].outbox.setGate(key, { open: true, reason: "", since: 0, notBefore: 0 })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(posted.lines.slice(1), [`${last![0]}: healed closed crm/web`])
    })
  )

  it.effect("do not keep silent since one of them cannot reach the webhook", () =>
    Effect.gen(function* () {
      const { gate, posted } = yield* make
      posted.broken.add("first").add("second")
      yield* gate(false)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(posted.lines, ["third: raised closed crm/web"])
    })
  )

  it.effect("each tell of what concerns one alone, under its own name and key", () =>
    Effect.gen(function* () {
      const { first, posted, second } = yield* make
      const source = {
        source: "default",
        state: "closed",
        since: 0,
        problems: { count: 0, first: [] },
        unread: { splits: 0 }
      } as const
      first.see({ sources: [source] })
      second.see({ sources: [source] })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual([...posted.lines].sort(), [
        "first: raised source default at first",
        "second: raised source default at second"
      ])
      first.see({ sources: [] })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(posted.lines.slice(2), ["first: healed source default at first"])
    })
  )

  it.effect("tell of an outage that one alone sees, and once more when it lasts longer for another", () =>
    Effect.gen(function* () {
      const { first, posted, second } = yield* make
      const gate = { open: true, reason: "", since: 0, notBefore: 0 }
      const lane = { ...key, gate, trouble: "", underWay: 1 }
      const outage: Partial<Status> = {
        lanes: [{ ...lane, failingSince: 0, reason: "no-answer" }],
        stored: [{ ...key, waiting: 5, bytes: 500, oldest: 0, gate }]
      }
      second.see(outage)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(posted.lines, ["second: raised no-success crm/web"])
      first.see(outage)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(posted.lines.length, 1)
      second.see({ lanes: [{ ...lane, lastSuccess: 35_000 }], stored: [] })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(posted.lines.slice(1), [
        "second: healed no-success crm/web",
        "first: raised no-success crm/web"
      ])
    })
  )
})
