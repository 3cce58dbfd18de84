/** What an observer is told of an exporter at work. */
import { assert, describe, it } from "@effect/vitest"
import {
  type Destination,
  Exporter,
  Ledger,
  Observer,
  Outbox,
  OutboxMemory,
  Outcome,
  Source
} from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Log from "./support/log.ts"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const memory = Effect.provide(OutboxMemory.layer)

/** An observer that keeps all it is told. */
const recorder = () => {
  const all: Array<Observer.Observation> = []
  const of = <Tag extends Observer.Observation["_tag"]>(
    tag: Tag
  ): ReadonlyArray<Extract<Observer.Observation, { readonly _tag: Tag }>> =>
    all.filter((one): one is Extract<Observer.Observation, { readonly _tag: Tag }> => one._tag === tag)
  const provide = Effect.provideService(Observer.Observer, (one: Observer.Observation) => void all.push(one))
  return { all, of, provide }
}

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number =>
  all.reduce((total, one) => total + of(one), 0)

const bad = { reason: "malformed", detail: "no JSON", position: "0", raw: new Uint8Array(3) }

/** Two splits, each a chunk of forty events with a bad record. */
const source: Source.Source = {
  ...Source.fromArray([]),
  run: Source.fromSplits({
    discover: () => Stream.fromIterable(["a", "b"]),
    read: (split) =>
      Stream.succeed({
        events: Array.from({ length: 40 }, (_, index) => Remote.event(index + (split === "a" ? 0 : 40))),
        malformed: [bad],
        split,
        checkpoint: "end",
        consumed: 1000
      })
  })
}

const isOf = (split: number) => (request: Remote.Request) =>
  request.ids.some((id) => Number(id.slice("event-".length)) % split === 0)

describe("an observer", () => {
  it.live(
    "is told of each chunk, append, attempt and settlement once, and the counts agree with the ledger",
    () =>
      Effect.gen(function* () {
        const seen = recorder()
        const remote = Remote.make()
        // One event in ten is refused, at the first attempt with the whole batch.
        const destination = Remote.destination(remote, {
          limits: { messages: 10 },
          answer: (request) =>
            isOf(10)(request) ? Outcome.rejected("bad-request", "secret words of the remote") : undefined
        })
        const ledger = yield* Exporter.from(source)
          .route("crm")
          .to(destination)
          .run.pipe(memory, seen.provide)
        const counts = ledger.routes["crm"]!
        assert.deepStrictEqual(Ledger.imbalance(ledger), [])
        assert.deepStrictEqual(counts.dead, { malformed: 2, "bad-request": 8 })

        const chunks = seen.of("Chunk")
        assert.deepStrictEqual(
          chunks.map(({ source, split, events, bad, bytes }) => ({ source, split, events, bad, bytes })),
          [
            { source: "default", split: "a", events: 41, bad: 1, bytes: 1000 },
            { source: "default", split: "b", events: 41, bad: 1, bytes: 1000 }
          ]
        )
        assert.strictEqual(
          sum(chunks, ({ events }) => events),
          counts.read
        )
        assert.isTrue(chunks.every(({ began, ended, newest }) => began <= ended && newest !== undefined))

        const appends = seen.of("Append")
        assert.deepStrictEqual(
          appends.map(({ events, parcels, dead }) => ({ events, parcels, dead })),
          [
            { events: 40, parcels: 1, dead: [{ route: "crm", reason: "malformed", events: 1 }] },
            { events: 40, parcels: 1, dead: [{ route: "crm", reason: "malformed", events: 1 }] }
          ]
        )
        assert.isTrue(appends.every(({ bytes }) => bytes > 0))

        const attempts = seen.of("Attempt")
        assert.strictEqual(attempts.length, remote.requests.length)
        assert.strictEqual(
          sum(attempts, ({ messages }) => messages),
          sum(remote.requests, ({ ids }) => ids.length)
        )
        const delivered = attempts.filter(({ outcome }) => outcome === "delivered")
        assert.strictEqual(
          sum(delivered, ({ events }) => events),
          72
        )
        const refused = attempts.filter(({ outcome }) => outcome === "rejected")
        assert.isTrue(refused.every(({ reason }) => reason === "bad-request"))
        assert.strictEqual(delivered.length + refused.length, attempts.length)

        const settlements = seen.of("Settlement")
        assert.deepStrictEqual({ main: sum(settlements, (one) => one.delivered) }, counts.delivered)
        const dead = settlements.flatMap((one) => one.dead)
        assert.deepStrictEqual([...new Set(dead.map(({ reason }) => reason))], ["bad-request"])
        assert.strictEqual(
          sum(dead, ({ events }) => events),
          8
        )
        assert.notInclude(JSON.stringify(seen.all), "secret")
      })
  )

  it.live("is told of dead letters that are put through their route again as of an append", () =>
    Effect.gen(function* () {
      const seen = recorder()
      let isMended = false
      const destination = Remote.destination(Remote.make(), {
        answer: () => (isMended ? undefined : Outcome.rejected("bad-request"))
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(3)))
        .route("crm")
        .to(destination)
      yield* Effect.gen(function* () {
        yield* Exporter.run(definition)
        isMended = true
        const running = yield* Exporter.start(definition, { follow: true })
        yield* running.replay({})
      }).pipe(Effect.scoped, seen.provide, memory)
      assert.deepStrictEqual(
        seen.of("Append").map(({ events, source }) => ({ events, source })),
        [
          { events: 3, source: "default" },
          { events: 3, source: "default" }
        ]
      )
      assert.strictEqual(seen.of("Chunk").length, 1)
    })
  )

  const answers: ReadonlyArray<readonly [string, Remote.Answer, Partial<Observer.Attempt>]> = [
    ["a retry", () => Outcome.retry("unavailable"), { outcome: "retry", reason: "unavailable" }],
    [
      "a refused key",
      () => Outcome.unauthorized("unauthorized"),
      { outcome: "unauthorized", reason: "unauthorized" }
    ],
    ["a body that is too large", () => Outcome.tooLarge(), { outcome: "too-large", reason: "too-large" }],
    ["no answer in time", () => "hang", { outcome: "retry", reason: "no-answer" }],
    [
      "an answer to some",
      (_, batch) =>
        Outcome.Outcomes.each(batch, (_, index) => (index === 0 ? Outcome.delivered : Outcome.retry("busy"))),
      { outcome: "partly", reason: "busy" }
    ],
    [
      "a throw",
      () => {
        throw new Error("of the plugin")
      },
      { outcome: "defect", reason: "defect" }
    ]
  ]
  for (const [name, answer, expected] of answers)
    it.effect(`is told how an attempt went: ${name}`, () =>
      Effect.gen(function* () {
        const seen = recorder()
        let attempts = 0
        const destination = Remote.destination(Remote.make(), {
          answer: (request, batch) => (attempts++ === 0 ? answer(request, batch) : undefined)
        })
        const definition = Exporter.from(Source.fromArray(Remote.events(4)))
          .route("crm")
          .to(destination)
        yield* Exporter.start(definition, { follow: true }).pipe(seen.provide)
        yield* Time.pass("10 minutes")
        const [first] = seen.of("Attempt")
        assert.deepInclude(first, {
          route: "crm",
          lane: "main",
          messages: 4,
          events: 4,
          attempts: 1,
          ...expected
        })
        const last = seen.of("Attempt").at(-1)
        assert.strictEqual(last?.outcome, "delivered")
        assert.isTrue(last!.began <= last!.ended && first!.ended <= last!.ended)
      }).pipe(Effect.scoped, memory)
    )

  it.effect("is told of a connection that cannot be opened as of an attempt without messages", () =>
    Effect.gen(function* () {
      const seen = recorder()
      const destination = Remote.destination(Remote.make())
      let isOpen = false
      const closed: Destination.Destination = {
        ...destination,
        open: Effect.map(destination.open, (opened) => ({
          ...opened,
          connect: (lane) =>
            Effect.suspend(() =>
              isOpen
                ? opened.connect(lane)
                : Effect.fail(new Outcome.DeliveryError({ outcome: Outcome.retry("unreachable") }))
            )
        }))
      }
      const definition = Exporter.from(Source.fromArray(Remote.events(4)))
        .route("crm")
        .to(closed)
      yield* Exporter.start(definition, { follow: true }).pipe(seen.provide)
      yield* Time.pass("1 second")
      isOpen = true
      yield* Time.pass("1 minute")
      assert.deepInclude(seen.of("Attempt")[0], {
        messages: 0,
        events: 0,
        outcome: "retry",
        reason: "unreachable"
      })
      assert.deepInclude(seen.of("Attempt").at(-1), { messages: 4, outcome: "delivered" })
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is told when the gate of a lane closes and opens, and when an operator pauses it", () =>
    Effect.gen(function* () {
      const seen = recorder()
      let isValid = false
      const destination = Remote.destination(Remote.make(), {
        answer: () => (isValid ? undefined : Outcome.unauthorized("unauthorized", "key 1234"))
      })
      const definition = Exporter.from(Source.fromArray(Remote.events(4)))
        .route("crm")
        .to(destination)
      const running = yield* Exporter.start(definition, { follow: true }).pipe(seen.provide)
      yield* Time.pass("1 second")
      const lane = { route: "crm", lane: "main" }
      const [closed] = seen.of("Gate")
      assert.deepInclude(closed, { ...lane, open: false, reason: "unauthorized" })
      assert.isTrue(closed!.notBefore! > closed!.at)
      isValid = true
      yield* Time.pass("1 hour")
      const { at, ...open } = seen.of("Gate").at(-1)!
      assert.deepStrictEqual(open, { _tag: "Gate", ...lane, open: true })
      const before = seen.of("Gate").length
      yield* running.pause(lane, true)
      yield* running.pause(lane, true)
      yield* running.pause(lane, false)
      assert.deepStrictEqual(
        seen
          .of("Gate")
          .slice(before)
          .map(({ open, reason }) => ({ open, reason })),
        [
          { open: false, reason: "paused" },
          { open: true, reason: undefined }
        ]
      )
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is told at the start of a lane that begins closed", () =>
    Effect.gen(function* () {
      const seen = recorder()
      const outbox = yield* Outbox.Outbox
      const gate = { open: false, reason: "paused", since: 1, notBefore: 0 }
      yield* outbox.setGate({ route: "crm", lane: "main" }, gate)
      const definition = Exporter.from(Source.fromArray([]))
        .route("crm")
        .to(Remote.destination(Remote.make()))
      yield* Exporter.start(definition, { follow: true }).pipe(seen.provide)
      const [told] = seen.of("Gate")
      assert.deepInclude(told, { route: "crm", lane: "main", open: false, reason: "paused" })
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is told when a source fails, is refused, and reads again", () =>
    Effect.gen(function* () {
      const seen = recorder()
      const failures = [
        new Source.SourceError({ detail: "gone", reason: "unreachable" }),
        new Source.SourceError({ detail: "refused", kind: "unauthorized", reason: "forbidden" })
      ]
      const failing: Source.Source = {
        ...Source.fromArray([]),
        run: (intake) =>
          Effect.suspend((): Effect.Effect<void, Source.SourceError> => {
            const failure = failures.shift()
            if (failure !== undefined) return Effect.fail(failure)
            return Effect.andThen(intake.append({ events: Remote.events(2), malformed: [] }), Effect.never)
          })
      }
      const definition = Exporter.from(failing).route("crm").to(Remote.destination(Remote.make()))
      yield* Exporter.start(definition, { follow: true }).pipe(seen.provide)
      yield* Time.pass("2 hours")
      const told = seen.of("SourceGate").map(({ source, open, reason }) => ({ source, open, reason }))
      assert.deepStrictEqual(told, [
        { source: "default", open: true, reason: "unreachable" },
        { source: "default", open: false, reason: "forbidden" },
        { source: "default", open: true, reason: undefined }
      ])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is told by a fleet which tracks and splits each instance has, once for each change", () =>
    Effect.gen(function* () {
      const shared = yield* OutboxMemory.makeShared({ tracks: 8, leaseTime: 12_000, bytes: undefined })
      const destination = Remote.destination(Remote.make())
      const join = Effect.fnUntraced(function* (name: string, given: Source.Source) {
        const seen = recorder()
        const scope = yield* Scope.fork(yield* Effect.scope)
        const outbox = yield* Scope.provide(shared.open(), scope)
        const definition = Exporter.from(given).route("crm").to(destination)
        const instance = { name, roles: ["read", "deliver"] as const }
        yield* Exporter.start(definition, { follow: true, instance }).pipe(
          Effect.provideService(Outbox.Outbox, outbox),
          seen.provide,
          Scope.provide(scope)
        )
        return { seen, leave: Scope.close(scope, Exit.void) }
      })
      const tracksOf = (seen: ReturnType<typeof recorder>) => {
        const owned = new Set<number>()
        for (const lease of seen.of("Lease")) {
          if (lease.kind !== "track") continue
          assert.strictEqual(owned.has(lease.track), !lease.owned, "told once")
          if (lease.owned) owned.add(lease.track)
          else owned.delete(lease.track)
        }
        return owned
      }
      const first = yield* join("first", source)
      yield* Time.pass("10 seconds")
      assert.strictEqual(tracksOf(first.seen).size, 8)
      const splits = first.seen.of("Lease").filter(({ kind }) => kind === "split")
      assert.sameMembers(
        splits.flatMap((lease) => (lease.kind === "split" && lease.owned ? [lease.split] : [])),
        ["a", "b"]
      )
      const second = yield* join("second", Source.fromArray([]))
      yield* Time.pass("10 seconds")
      const both = [...tracksOf(first.seen), ...tracksOf(second.seen)]
      assert.deepStrictEqual(both.sort(), [0, 1, 2, 3, 4, 5, 6, 7])
      assert.strictEqual(tracksOf(first.seen).size, 4)
      const tokenOf = (seen: ReturnType<typeof recorder>, track: number) =>
        seen.of("Lease").find((lease) => lease.kind === "track" && lease.track === track)!.token
      for (const track of tracksOf(second.seen))
        assert.isAbove(tokenOf(second.seen, track), tokenOf(first.seen, track))
      yield* second.leave
      assert.strictEqual(tracksOf(second.seen).size, 0)
      yield* first.leave
      assert.strictEqual(tracksOf(first.seen).size, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("that throws breaks nothing, and the log tells of the first throw without its words", () => {
    const { lines, layer } = Log.recorded()
    let told = 0
    const observer = () => {
      told++
      throw new RangeError("quotes an event")
    }
    return Effect.gen(function* () {
      const ledger = yield* Exporter.from(source)
        .route("crm")
        .to(Remote.destination(Remote.make()))
        .run.pipe(memory, Effect.provideService(Observer.Observer, observer))
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 80 })
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.isAbove(told, 10)
      const own = lines.filter((line) => line.includes("observer"))
      assert.strictEqual(own.length, 1)
      assert.include(own[0], "RangeError")
      assert.notInclude(lines.join("\n"), "quotes an event")
    }).pipe(Effect.provide(layer))
  })

  it("may be several, each told whatever the others throw", () => {
    const told: Array<string> = []
    const throwing = () => {
      told.push("first")
      throw new Error("no")
    }
    const both = Observer.all([throwing, undefined, () => void told.push("second")])
    const observation = { _tag: "SourceGate", source: "default", open: true, at: 0 } as const
    assert.throws(() => both?.(observation), "no")
    assert.deepStrictEqual(told, ["first", "second"])
    assert.isUndefined(Observer.all([undefined]))
  })
})
