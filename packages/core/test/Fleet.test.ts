/** Several exporters over one outbox. */
import { assert, describe, it } from "@effect/vitest"
import {
  Destination,
  Exporter,
  Ledger,
  Outbox,
  OutboxMemory,
  Outcome,
  type Running,
  Source
} from "@millrace/core"
import * as OutboxRules from "@millrace/core/OutboxRules"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const tracks = 8
const main = { route: "crm", lane: "main" }
const fleet = OutboxMemory.makeShared({ tracks, leaseTime: 12_000, bytes: undefined })

interface Member {
  readonly running: Running.Running
  readonly outbox: Outbox.Outbox["Service"]
  /** Ends it in order. */
  readonly leave: Effect.Effect<void>
}

/** An exporter that joins; it reads nothing unless it is given something. */
const join = Effect.fnUntraced(function* (
  shared: OutboxMemory.Shared,
  name: string,
  destination: ReturnType<typeof Remote.destination>,
  options: {
    readonly source?: Source.Source
    readonly roles?: ReadonlyArray<Outbox.Role>
    readonly reach?: Effect.Effect<void, Outbox.OutboxError>
    /** Told whenever it asks for leases. */
    readonly onAsk?: () => void
  } = {}
) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const opened = yield* Scope.provide(shared.open(options.reach), scope)
  const outbox = Outbox.Outbox.of({
    ...opened,
    lease: (...asked) => {
      options.onAsk?.()
      return opened.lease(...asked)
    }
  })
  const definition = Exporter.from(options.source ?? Source.fromArray([]))
    .route("crm")
    .to(destination)
  const instance = { name, roles: options.roles ?? (["read", "deliver"] as const) }
  const running = yield* Exporter.start(definition, { follow: true, instance }).pipe(
    Effect.provideService(Outbox.Outbox, outbox),
    Scope.provide(scope)
  )
  return { running, outbox, leave: Scope.close(scope, Exit.void) } satisfies Member
})

/** How many tracks of the lane each instance owns. */
const owned = ({ outbox }: Member) =>
  Effect.map(outbox.instances, (instances) =>
    Object.fromEntries(
      instances.map(({ name, leases }) => [name, leases.filter((lease) => lease.includes('"track"')).length])
    )
  )

/** Events of so many users that each track has some. */
const users = (count: number) =>
  Array.from({ length: count }, (_, index) => Remote.event(index, `user-${index}@example.com`))

/** The events of each user, in the order in which they were accepted. */
const inOrder = (ids: ReadonlyArray<string>): boolean => {
  const last = new Map<number, number>()
  return ids.every((id) => {
    const index = Number(id.slice("event-".length))
    const isLater = index > (last.get(index % 7) ?? -1)
    last.set(index % 7, index)
    return isLater
  })
}

/** A run that looks at its source once. */
const runOnce = Effect.fnUntraced(
  function* (_outbox: Outbox.Outbox["Service"], remote: Remote.Remote, patience: Duration.Input) {
    const definition = Exporter.from(Source.fromArray(Remote.events(20), { size: 5 }))
      .route("crm")
      .to(Remote.destination(remote))
    const running = yield* Exporter.start(definition, { patience })
    return yield* running.ended
  },
  Effect.scoped,
  (running, outbox) => Effect.provideService(running, Outbox.Outbox, outbox)
)

describe("a fleet", () => {
  it.effect("sends each event once, whoever stored it, in the order of each user", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const remote = Remote.make()
      const destination = Remote.destination(remote)
      const first = yield* join(shared, "first", destination, {
        source: Source.fromArray(Remote.events(500))
      })
      yield* join(shared, "second", destination)
      yield* Time.pass("1 minute")
      const third = yield* join(shared, "third", destination, {
        source: Source.fromArray(Remote.events(1000), { size: 50 })
      })
      yield* Time.pass("5 minutes")
      const ids = Remote.idsOf(remote)
      assert.strictEqual(ids.length, 1000)
      assert.strictEqual(new Set(ids).size, 1000)
      assert.isTrue(inOrder(ids))
      assert.deepStrictEqual(Ledger.imbalance(yield* third.running.ledger), [])
      assert.deepStrictEqual((yield* first.running.ledger).routes["crm"]?.delivered, { main: 1000 })
    }).pipe(Effect.scoped)
  )

  it.effect("divides the tracks of each lane, and divides them anew when one comes or goes", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const destination = Remote.destination(Remote.make())
      const first = yield* join(shared, "first", destination)
      assert.deepStrictEqual(yield* owned(first), { first: 8 })
      const second = yield* join(shared, "second", destination)
      yield* Time.pass("10 seconds")
      assert.deepStrictEqual(yield* owned(first), { first: 4, second: 4 })
      yield* join(shared, "reader", destination, { roles: ["read"] })
      yield* Time.pass("10 seconds")
      assert.deepStrictEqual(yield* owned(first), { first: 4, second: 4, reader: 0 })
      yield* second.leave
      yield* Time.pass("10 seconds")
      assert.deepStrictEqual(yield* owned(first), { first: 8, reader: 0 })
    }).pipe(Effect.scoped)
  )

  it.effect("asks for no track that another owns, also where its own part is not full", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const destination = Remote.destination(Remote.make())
      let asked = 0
      const onAsk = () => void asked++
      const first = yield* join(shared, "first", destination, { onAsk })
      yield* join(shared, "second", destination, { onAsk })
      const third = yield* join(shared, "third", destination, { onAsk })
      yield* Time.pass("10 seconds")
      assert.deepStrictEqual(Object.values(yield* owned(first)).sort(), [2, 3, 3])
      assert.isAbove(asked, 0)
      asked = 0
      yield* Time.pass("1 minute")
      assert.strictEqual(asked, 0)
      yield* third.leave
      yield* Time.pass("10 seconds")
      assert.deepStrictEqual(yield* owned(first), { first: 4, second: 4 })
    }).pipe(Effect.scoped)
  )

  it.effect("reads where it may read, and delivers where it may deliver", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const [here, there] = [Remote.make(), Remote.make()]
      const source = () => Source.fromArray(Remote.events(100))
      const reader = yield* join(shared, "reader", Remote.destination(here), {
        source: source(),
        roles: ["read"]
      })
      yield* Time.pass("1 minute")
      assert.deepStrictEqual((yield* reader.running.ledger).routes["crm"]?.waiting, { main: 100 })
      yield* join(shared, "sender", Remote.destination(there), { source: source(), roles: ["deliver"] })
      yield* Time.pass("1 minute")
      assert.strictEqual(Remote.idsOf(here).length, 0)
      assert.strictEqual(Remote.idsOf(there).length, 100)
      assert.strictEqual((yield* reader.running.ledger).routes["crm"]?.read, 100)
    }).pipe(Effect.scoped)
  )

  it.effect("is none over an outbox with one owner: whoever is there reads and delivers", () =>
    Effect.gen(function* () {
      const definition = Exporter.from(Source.fromArray([]))
        .route("crm")
        .to(Remote.destination(Remote.make()))
      const instance = { name: "reader", roles: ["read"] as const }
      const error = yield* Effect.flip(Exporter.start(definition, { instance }))
      assert.include(error.message, "instance.roles: the outbox has one owner")
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )

  it.effect.each([0, 500, 1500, 2999])(
    "gives up what it owns before others may take it, when it is cut off %i ms after it was heard of",
    (after) =>
      Effect.gen(function* () {
        const shared = yield* fleet
        let isCut = false
        const reach = Effect.suspend(() => (isCut ? Effect.never : Effect.void))
        const outbox = yield* shared.open(reach)
        const [lease] = yield* outbox.lease(["one"], 1)
        const losing = yield* Effect.forkChild(lease!.lost)
        yield* TestClock.adjust(30_000 + after)
        isCut = true
        yield* TestClock.adjust(8000 - after)
        assert.isUndefined(losing.pollUnsafe())
        yield* TestClock.adjust(3999)
        assert.isDefined(losing.pollUnsafe())
      }).pipe(Effect.scoped)
  )

  it.effect("takes over from one that is cut off, which settles nothing when it is back", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      let isCut = false
      const away = new Outbox.OutboxError({ reason: "Unavailable", detail: "cut off" })
      const waiting: Effect.Effect<void> = Effect.suspend(() =>
        isCut ? Effect.andThen(Effect.sleep("1 second"), waiting) : Effect.void
      )
      // What it renews its leases by fails; everything else waits.
      let asked = 0
      const reach = Effect.suspend(() => (isCut && asked++ === 0 ? Effect.fail(away) : waiting))
      const [cut, other] = [Remote.make(), Remote.make()]
      yield* join(shared, "cut", Remote.destination(cut, { answer: () => (isCut ? "hang" : undefined) }), {
        reach
      })
      const reader = yield* join(shared, "reader", Remote.destination(Remote.make()), {
        source: Source.fromArray(Remote.events(200)),
        roles: ["read"]
      })
      isCut = true
      yield* Time.pass("10 seconds")
      yield* join(shared, "other", Remote.destination(other))
      yield* Time.pass("30 seconds")
      assert.strictEqual(Remote.idsOf(other).length, 200)
      isCut = false
      yield* Time.pass("2 minutes")
      const ledger = yield* reader.running.ledger
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 200 })
      assert.deepStrictEqual(ledger.routes["crm"]?.waiting, {})
    }).pipe(Effect.scoped)
  )

  it.effect(
    "waits in a run that looks once for what another reads, and says what that one was not done with",
    () =>
      Effect.gen(function* () {
        const shared = yield* fleet
        const remote = Remote.make()
        const rest = yield* shared.open()
        const split = OutboxRules.splitLease("default", "array")

        const held = yield* Scope.make()
        yield* Scope.provide(rest.lease([split], 1), held)
        const waiting = yield* Effect.forkChild(runOnce(yield* shared.open(), remote, "1 minute"))
        yield* Time.pass("2 minutes")
        const { ledger, unread } = yield* Fiber.join(waiting)
        assert.strictEqual(ledger.routes["crm"]?.read, 0)
        assert.deepStrictEqual(
          unread.map(({ source, split }) => [source, split]),
          [["default", "array"]]
        )
        assert.include(unread[0]?.what, "another exporter has it")

        const patient = yield* Effect.forkChild(runOnce(yield* shared.open(), remote, "1 minute"))
        yield* Time.pass("30 seconds")
        yield* Scope.close(held, Exit.void)
        yield* Time.pass("1 minute")
        const found = yield* Fiber.join(patient)
        assert.deepStrictEqual([found.ledger.routes["crm"]?.read, found.unread], [20, []])
      }).pipe(Effect.scoped)
  )

  it.effect("reads a split to its end that a run which looks once has lost under way", () =>
    Effect.gen(function* () {
      const outbox = yield* (yield* fleet).open()
      let claims = 0
      const losing = {
        ...outbox,
        append: (entry: Outbox.Appending) => Effect.delay(outbox.append(entry), "1 second"),
        lease: (names: ReadonlyArray<string>, most: number) =>
          Effect.map(outbox.lease(names, most), (leases) =>
            leases.map((lease) =>
              lease.name.includes('"split"') && claims++ === 0
                ? { ...lease, lost: Effect.sleep("2500 millis") }
                : lease
            )
          )
      }
      const remote = Remote.make()
      const running = yield* Effect.forkChild(runOnce(losing, remote, "1 minute"))
      yield* Time.pass("1 minute")
      const { ledger, unread } = yield* Fiber.join(running)
      assert.strictEqual(claims, 2)
      assert.deepStrictEqual([ledger.routes["crm"]?.delivered, unread], [{ main: 20 }, []])
      assert.strictEqual(new Set(Remote.idsOf(remote)).size, 20)
    }).pipe(Effect.scoped)
  )

  it.effect("closes and opens a lane for all, as an operator does by any of them", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      let isRefused = true
      const answer = () => (isRefused ? Outcome.unauthorized("unauthorized") : undefined)
      const remotes = [Remote.make(), Remote.make()] as const
      const one = yield* join(shared, "one", Remote.destination(remotes[0], { answer }), {
        source: Source.fromArray(Remote.events(1))
      })
      const two = yield* join(shared, "two", Remote.destination(remotes[1], { answer }))
      yield* Time.pass("10 seconds")
      const gates = Effect.map(Effect.all([one.running.lanes, two.running.lanes]), (lanes) =>
        lanes.map(([lane]) => [lane?.gate.open, lane?.gate.reason] as const)
      )
      assert.deepStrictEqual(yield* gates, [
        [false, "unauthorized"],
        [false, "unauthorized"]
      ])
      isRefused = false
      yield* Time.pass("1 hour")
      assert.deepStrictEqual(yield* gates, [
        [true, ""],
        [true, ""]
      ])
      yield* two.running.pause(main, true)
      yield* Time.pass("1 second")
      assert.deepStrictEqual(yield* gates, [
        [false, "paused"],
        [false, "paused"]
      ])
      yield* one.running.pause(main, false)
      yield* Time.pass("1 second")
      assert.deepStrictEqual(yield* gates, [
        [true, ""],
        [true, ""]
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("erases a user where nobody else delivers, and says so where somebody does", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const answer = () => Outcome.unauthorized("unauthorized")
      const destination = Remote.destination(Remote.make(), { answer })
      const one = yield* join(shared, "one", destination, { source: Source.fromArray(Remote.events(70)) })
      const two = yield* join(shared, "two", destination)
      yield* Time.pass("10 seconds")
      const refused = yield* Effect.forkChild(Effect.flip(one.running.erase("user-3")))
      yield* Time.pass("10 seconds")
      const error = yield* Fiber.join(refused)
      assert.include(error.message, "stop the exporters that deliver")
      yield* two.leave
      yield* Time.pass("10 seconds")
      const erasing = yield* Effect.forkChild(one.running.erase("user-3"))
      yield* Time.pass("10 seconds")
      const erased = yield* Fiber.join(erasing)
      const ledger = yield* one.running.ledger
      assert.deepStrictEqual(ledger.routes["crm"]?.erased, { user: 10 })
      assert.deepStrictEqual(ledger.routes["crm"]?.waiting, { main: 60 })
      assert.isAtMost(erased.events, 10)
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
    }).pipe(Effect.scoped)
  )

  it.effect("sends dead letters again that any of them replays", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const remote = Remote.make()
      let isBad = true
      const answer = () => (isBad ? Outcome.rejected("bad-request") : undefined)
      yield* join(shared, "sender", Remote.destination(remote, { answer }), {
        source: Source.fromArray(Remote.events(20))
      })
      yield* Time.pass("1 minute")
      const laptop = yield* join(shared, "laptop", Remote.destination(Remote.make()), { roles: [] })
      assert.deepStrictEqual((yield* laptop.running.ledger).routes["crm"]?.dead, { "bad-request": 20 })
      isBad = false
      assert.deepStrictEqual(yield* laptop.running.replay({}), { replayed: 20, left: 0 })
      yield* Time.pass("1 minute")
      assert.strictEqual(Remote.idsOf(remote).length, 20)
    }).pipe(Effect.scoped)
  )

  it.effect("makes no more requests at once than one exporter would", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const remote = Remote.make()
      const destination = Remote.destination(remote, { answer: () => "hang" })
      const members = [
        yield* join(shared, "first", destination, { roles: ["deliver"] }),
        yield* join(shared, "second", destination, { roles: ["deliver"] })
      ]
      yield* Time.pass("10 seconds")
      const source = Source.fromArray(users(800))
      yield* join(shared, "reader", destination, { source, roles: ["read"] })
      yield* Time.pass("5 seconds")
      // Nothing is answered: these are all under way. Looked at when time has passed for who leaves: else a failure would hang.
      const underWay = remote.requests.length
      for (const { leave } of members) {
        const leaving = yield* Effect.forkChild(leave)
        yield* Time.pass("2 minutes")
        yield* Fiber.join(leaving)
      }
      assert.strictEqual(underWay, 4)
    }).pipe(Effect.scoped)
  )

  it.effect("makes a request a second together, when the remote says that its limit is used", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const remote = Remote.make()
      const destination = Remote.destination(remote, {
        answer: (_, batch) => Outcome.Outcomes.all(batch, Outcome.delivered).withUsage(1)
      })
      yield* join(shared, "first", destination, { roles: ["deliver"] })
      yield* join(shared, "second", destination, { roles: ["deliver"] })
      yield* Time.pass("10 seconds")
      const source = Source.fromArray(users(2000))
      yield* join(shared, "reader", destination, { source, roles: ["read"] })
      yield* Time.pass("10 seconds")
      const before = remote.requests.length
      yield* Time.pass("60 seconds")
      const made = remote.requests.length - before
      assert.isAtLeast(made, 55)
      assert.isAtMost(made, 62)
    }).pipe(Effect.scoped)
  )

  it.effect("waits as a whole when the remote asks one exporter that all of its lanes wait", () =>
    Effect.gen(function* () {
      const shared = yield* fleet
      const remote = Remote.make()
      let isAsked = false
      const destination = Remote.destination(remote, {
        lanes: [{ name: "main" }, { name: "other" }],
        assign: ({ id }) => Destination.to(Number(id.at(-1)) % 2 === 0 ? "main" : "other"),
        answer: () => {
          if (isAsked) return undefined
          isAsked = true
          return Outcome.retry("throttled", { after: "5 minutes", scope: "destination" })
        }
      })
      yield* join(shared, "first", destination, { roles: ["deliver"] })
      yield* join(shared, "second", destination, { roles: ["deliver"] })
      yield* Time.pass("10 seconds")
      const read = (name: string, count: number) =>
        join(shared, name, destination, { source: Source.fromArray(users(count)), roles: ["read"] })
      yield* read("one", 100)
      yield* Time.pass("10 seconds")
      const before = remote.requests.length
      yield* read("two", 200)
      yield* Time.pass("4 minutes")
      assert.strictEqual(remote.requests.length, before)
      yield* Time.pass("5 minutes")
      assert.strictEqual(new Set(Remote.idsOf(remote)).size, 200)
    }).pipe(Effect.scoped)
  )
})
