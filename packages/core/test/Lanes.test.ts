import { assert, describe, it } from "@effect/vitest"
import {
  DeadLetters,
  Destination,
  Exporter,
  Ledger,
  type Message,
  Outbox,
  OutboxMemory,
  Outcome,
  Source
} from "@millrace/core"

import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"

import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const memory = Effect.provide(OutboxMemory.layer)
const twoLanes = {
  lanes: [{ name: "sick" }, { name: "well" }],
  assign: (event: { readonly id: string }) =>
    Destination.to(Number(event.id.slice(6)) % 2 === 0 ? "sick" : "well")
}
const refuseSick: Remote.Answer = ({ lane }) =>
  lane === "sick" ? Outcome.unauthorized("unauthorized", "the key was refused") : undefined

describe("a lane", () => {
  it.effect("keeps its events for 47 hours of refused credentials, then delivers them in order", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const keyChanges = yield* Queue.unbounded<void>()
      let isValid = false
      const destination = Remote.destination(remote, {
        ...twoLanes,
        answer: (request, batch) => (isValid ? undefined : refuseSick(request, batch))
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(2000)))
        .route("crm")
        .to({ ...destination, changed: Queue.take(keyChanges) })
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("1 second")
      assert.strictEqual(remote.accepted.get("well")?.length, 1000)
      yield* Time.pass("47 hours")
      const waiting = yield* running.ledger
      assert.deepStrictEqual(waiting.routes["crm"]?.waiting, { sick: 1000 })
      const attempts = remote.requests.filter(({ lane }) => lane === "sick").length
      assert.isBelow(attempts, 600)
      isValid = true
      yield* Queue.offer(keyChanges, undefined)
      yield* Time.pass("1 second")
      const accepted = remote.accepted.get("sick") ?? []
      assert.strictEqual(accepted.length, 1000)
      for (let user = 0; user < 7; user++) {
        const own = accepted.map((id) => Number(id.slice(6))).filter((index) => index % 7 === user)
        assert.deepStrictEqual(
          own,
          [...own].sort((a, b) => a - b)
        )
      }
      assert.deepStrictEqual(Ledger.imbalance(yield* running.ledger), [])
    }).pipe(memory)
  )

  it.effect("makes dead letters of what waited longer than its retention, and of nothing else", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const destination = Remote.destination(remote, { ...twoLanes, answer: refuseSick })
      const definition = Exporter.from(Source.fromArray(Remote.events(100)))
        .route("crm")
        .to(destination, { retention: "2 days" })
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("47 hours")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.waiting, { sick: 50 })
      yield* Time.pass("2 hours")
      const { routes } = yield* running.ledger
      assert.deepStrictEqual(routes["crm"], {
        read: 100,
        filtered: {},
        skipped: {},
        delivered: { well: 50 },
        waiting: {},
        dead: { expired: 50 }
      })
      const letters = yield* Outbox.Outbox.use(DeadLetters.all)
      assert.strictEqual(new Set(letters.map(({ record }) => new TextDecoder().decode(record))).size, 50)
    }).pipe(memory)
  )

  it.effect("delivers by a replay what expired while its credentials were refused", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      let isValid = false
      const destination = Remote.destination(remote, {
        answer: () => (isValid ? undefined : Outcome.unauthorized("unauthorized"))
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(300)))
        .route("crm")
        .to(destination)
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("8 days")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.dead, { expired: 300 })
      isValid = true
      assert.deepStrictEqual(yield* running.replay({ reason: "expired" }), { replayed: 300, left: 0 })
      yield* Time.pass("10 minutes")
      const { routes } = yield* running.ledger
      assert.deepStrictEqual(routes["crm"]?.delivered, { main: 300 })
      assert.deepStrictEqual(routes["crm"]?.dead, {})
    }).pipe(memory)
  )

  it.effect("delivers all but the poison through throttling, resets and hangs", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const isPoison = (id: string) => Number(id.slice(6)) % 5000 === 1234
      const destination = Remote.destination(remote, {
        limits: { messages: 100, events: 100 },
        answer: ({ ids }) => {
          const request = remote.requests.length
          if (request % 100 === 50) return "hang"
          if (request % 100 === 99) return Outcome.retry("no-answer", { detail: "reset" })
          if (request % 10 === 0) return Outcome.retry("unavailable", { after: "5 seconds" })
          return ids.some(isPoison) ? Outcome.rejected("bad-request") : undefined
        }
      })
      const events = Array.from({ length: 20_000 }, (_, index) => Remote.event(index, `user-${index % 997}`))
      const definition = Exporter.from(Source.fromArray(events)).route("crm").to(destination)
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("6 hours")
      const { routes } = yield* running.ledger
      assert.deepStrictEqual(routes["crm"]?.delivered, { main: 19_996 })
      assert.deepStrictEqual(routes["crm"]?.dead, { "bad-request": 4 })
      const letters = yield* Outbox.Outbox.use(DeadLetters.all)
      const ids = letters.map(({ record }) => JSON.parse(new TextDecoder().decode(record)).id)
      assert.isTrue(ids.every(isPoison))
      assert.strictEqual(new Set(Remote.idsOf(remote)).size, 19_996)
    }).pipe(memory)
  )

  it.effect("expires grouped events too", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        limits: { window: "1 minute" },
        assign: (event) => Destination.to("main", event.user.externalId),
        answer: () => Outcome.retry("unavailable")
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(40)))
        .route("crm")
        .to(destination, { retention: "1 hour" })
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("2 hours")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.dead, { expired: 40 })
      assert.deepStrictEqual(
        yield* Outbox.Outbox.use((outbox) => outbox.compositions({ route: "crm", lane: "main" })),
        []
      )
    }).pipe(memory)
  )

  it.effect("sends nothing while an operator has paused it, also after a restart", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const definition = Exporter.from(Source.fromArray(Remote.events(20)))
        .route("crm")
        .to(Remote.destination(remote, twoLanes))
      const key = { route: "crm", lane: "sick" }
      yield* Outbox.Outbox.use((outbox) =>
        outbox.setGate(key, { open: false, reason: "paused", since: 0, notBefore: 0 })
      )
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("1 day")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.waiting, { sick: 10 })
      assert.isTrue(yield* running.pause(key, false))
      yield* Time.pass("1 second")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.delivered, { sick: 10, well: 10 })
      assert.isFalse(yield* running.pause({ route: "crm", lane: "nowhere" }, true))
    }).pipe(memory)
  )

  it.effect("goes on after a pause as it was: a wait that the remote asked for is kept", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const definition = Exporter.from(Source.fromArray(Remote.events(20)))
        .route("crm")
        .to(Remote.destination(remote, twoLanes))
      const key = { route: "crm", lane: "sick" }
      const wait = { open: true, reason: "", since: 0, notBefore: 3_600_000 }
      yield* Outbox.Outbox.use((outbox) => outbox.setGate(key, wait))
      const running = yield* Exporter.start(definition, { follow: true })
      assert.isTrue(yield* running.pause(key, true))
      const [paused] = (yield* running.lanes).filter(({ lane }) => lane === "sick")
      assert.deepStrictEqual(paused?.gate.former, wait)
      assert.isTrue(yield* running.pause(key, false))
      yield* Time.pass("30 minutes")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.waiting, { sick: 10 })
      yield* Time.pass("31 minutes")
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.delivered, { sick: 10, well: 10 })
    }).pipe(memory)
  )

  it.effect("waits as long as the remote asks, also after a restart", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      let isBusy = true
      const destination = Remote.destination(remote, {
        answer: () => (isBusy ? Outcome.retry("throttled", { after: "3 hours" }) : undefined)
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(5)))
        .route("crm")
        .to(destination)
      const first = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("1 second")
      yield* first.drain
      yield* first.ended
      isBusy = false
      const asked = remote.requests.length
      const second = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("2 hours")
      assert.strictEqual(remote.requests.length, asked)
      yield* Time.pass("1 hour")
      assert.deepStrictEqual((yield* second.ledger).routes["crm"]?.delivered, { main: 5 })
    }).pipe(memory)
  )

  it.effect("ends a finite run with the lanes that had no success for its patience", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        ...twoLanes,
        answer: ({ lane }) =>
          lane === "sick" ? Outcome.retry("unavailable", { detail: "status 503" }) : undefined
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(100)))
        .route("crm")
        .to(destination)
      const running = yield* Exporter.start(definition, { patience: "5 minutes" })
      yield* Time.pass("6 minutes")
      const report = yield* running.ended
      assert.deepStrictEqual(report.ledger.routes["crm"]?.waiting, { sick: 50 })
      assert.include(report.lanes.find(({ lane }) => lane === "sick")?.trouble, "status 503")
    }).pipe(memory)
  )

  it.effect("is not given up while nothing failed: one whose events come late, and one that is slow", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const plain = Remote.destination(remote, { ...twoLanes, limits: { concurrency: 1 } })
      const slow = {
        ...plain,
        open: Effect.map(plain.open, (opened) => ({
          ...opened,
          connect: (lane: string) =>
            Effect.map(opened.connect(lane), (connection) => ({
              ...connection,
              deliver: (batch: Message.Batch) =>
                Effect.delay(connection.deliver(batch), lane === "sick" ? "25 seconds" : 0)
            }))
        }))
      }
      const late = Source.fromArray(Remote.events(100))
      const definition = Exporter.from({
        ...late,
        run: (intake, options) => Effect.delay(late.run(intake, options), "10 minutes")
      })
        .route("crm")
        .to(slow)
      const running = yield* Exporter.start(definition, { patience: "20 seconds" })
      yield* Time.pass("30 minutes")
      const report = yield* running.ended
      assert.deepStrictEqual(report.ledger.routes["crm"]?.delivered, { sick: 50, well: 50 })
    }).pipe(memory)
  )

  it.effect("that waits because another lane was told to is given up with it", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      let asked = false
      const destination = Remote.destination(remote, {
        ...twoLanes,
        answer: () => {
          if (asked) return undefined
          asked = true
          return Outcome.retry("throttled", { after: "1 hour", scope: "destination" })
        }
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(100)))
        .route("crm")
        .to(destination)
      const running = yield* Exporter.start(definition, { patience: "5 minutes" })
      yield* Time.pass("6 minutes")
      const report = yield* running.ended
      const { delivered = {}, waiting = {} } = report.ledger.routes["crm"] ?? {}
      const of = (counts: Readonly<Record<string, number>>) =>
        Object.values(counts).reduce((sum, events) => sum + events, 0)
      assert.deepStrictEqual([of(delivered) + of(waiting), of(waiting) > 0], [100, true])
    }).pipe(memory)
  )
})

describe("a parcel that the outbox cannot give back as it was", () => {
  it.effect("becomes dead letters, and the others are delivered", () =>
    Effect.gen(function* () {
      let isAway = true
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        answer: () => (isAway ? Outcome.unauthorized("unauthorized") : undefined)
      })
      const route = (events: ReturnType<typeof Remote.events>) =>
        Exporter.from(Source.fromArray(events)).route("crm").to(destination)
      const first = yield* Exporter.start(route(Remote.events(3)))
      yield* Time.pass("5 minutes")
      yield* first.ended
      const stored = yield* Outbox.Outbox
      isAway = false
      const damaging = Outbox.Outbox.of({
        ...stored,
        take: (lane, after, bytes) =>
          Effect.map(stored.take(lane, after, bytes), (parcels) =>
            parcels.map((parcel) => ({ ...parcel, damaged: parcel.sequence === 1 }))
          )
      })
      const second = yield* Exporter.start(route(Remote.events(4))).pipe(
        Effect.provideService(Outbox.Outbox, damaging)
      )
      yield* Time.pass("5 minutes")
      const { ledger } = yield* second.ended
      assert.deepStrictEqual(ledger.routes["crm"]?.dead, { "damaged-record": 3 })
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.deepStrictEqual(Remote.idsOf(remote), ["event-3"])
    }).pipe(memory)
  )
})

describe("erasing a user", () => {
  const waiting = Effect.fnUntraced(
    function* (grouped: boolean) {
      let isRefused = true
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        limits: { window: "1 second" },
        assign: () => Destination.to("main", grouped ? "all" : undefined),
        answer: () => (isRefused ? Outcome.unauthorized("unauthorized") : undefined)
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(70)))
        .route("crm")
        .to(destination)
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("5 seconds")
      const erased = yield* Effect.forkChild(running.erase("user-3"), { startImmediately: true })
      yield* Time.pass("1 second")
      assert.deepStrictEqual(yield* Fiber.join(erased), { events: 10, letters: 0 })
      isRefused = false
      yield* Time.pass("10 minutes")
      const ledger = yield* running.ledger
      assert.deepStrictEqual(ledger.routes["crm"]?.erased, { user: 10 })
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 60 })
      assert.deepStrictEqual(ledger.routes["crm"]?.waiting, {})
      assert.isFalse(Remote.idsOf(remote).includes("event-3"))
    },
    Effect.scoped,
    memory
  )

  it.effect("removes what waits, in memory too, and delivers the rest", () => waiting(false))
  it.effect("breaks up messages that held such events", () => waiting(true))
})
