import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { afterAll } from "vitest"
import { chunk, delivered, leaseOf, parcel, track } from "./support/entries.ts"
import { newSchema, opened, sql } from "./support/place.ts"
import * as Relay from "./support/relay.ts"
import * as Server from "./support/server.ts"

const closed = { open: false, reason: "unauthorized", since: 1, notBefore: 0 }
const shortly = { lease: 2_000, renew: 500 }

describe.skipIf(!Server.isThere)(Server.title("two exporters over one outbox in PostgreSQL"), () => {
  const scope = Effect.runSync(Scope.make())
  const server = Effect.runPromise(Effect.cached(Scope.provide(Server.start(), scope)))
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  const running = Effect.flatten(Effect.promise(() => server))

  /** Two sessions in a new schema. */
  const two = Effect.fnUntraced(function* (options = {}) {
    const place = yield* running
    const schema = newSchema()
    const first = yield* opened(place, { schema, ...options })
    const second = yield* opened(place, { schema, ...options })
    return { place, schema, first, second }
  })

  it.live("see where an append stands after a parcel of the other's, and read it", () =>
    Effect.gen(function* () {
      const { first, second } = yield* two()
      const [a] = yield* first.append(chunk([parcel(track(3), "a")]))
      const [b, c] = yield* second.append(chunk([parcel(track(3), "b"), parcel(track(3), "c")]))
      const [d] = yield* second.append(chunk([parcel(track(3), "d"), parcel(track(4), "e")]))
      assert.strictEqual(a?.after, 0)
      assert.strictEqual(b?.after, a?.sequence)
      assert.deepStrictEqual([c?.after, d?.after], [0, 0])
      const taken = yield* first.take(track(3), 0, 1_000)
      assert.deepStrictEqual(
        taken.map(({ sequence }) => sequence),
        [a, b, c, d].map((place) => place?.sequence)
      )
      const [e] = yield* first.append(chunk([parcel(track(3), "f")]))
      assert.strictEqual(e?.after, d?.sequence)
    })
  )

  it.live(
    "a lease has one owner; what a former one settles, composes or says of gate and split is refused",
    () =>
      Effect.gen(function* () {
        const { first, second } = yield* two()
        const key = track(7)
        const name = OutboxRules.trackLease(key)
        const split = OutboxRules.splitLease("default", "a")
        const [place] = yield* first.append(chunk([parcel(key, "a", "b")]))
        const sequence = place!.sequence
        const [former, formerSplit] = yield* first.lease([name, split], 2)
        assert.deepStrictEqual(yield* second.lease([name, split], 2), [])
        yield* former!.release
        yield* formerSplit!.release
        const [now, nowSplit] = yield* second.lease([name, split], 2)
        assert.isAbove(now!.token, former!.token)

        const composition = { id: "x", members: [{ parcel: sequence, position: 0 }] }
        const advance = { split: "a", after: undefined, to: "1" }
        const refused = [
          first.settle([delivered(sequence, 0)], former!.token),
          first.settle([delivered(sequence, 0)]),
          first.compose(key, [composition], [], former!.token),
          first.setGate(key, closed, { track: 7, token: former!.token }),
          first.setGate(key, closed, { track: 8, token: now!.token }),
          first.append(chunk([parcel(key, "c")], { advance: { ...advance, token: formerSplit!.token } }))
        ]
        for (const attempt of refused) {
          const error = yield* Effect.flip(Effect.asVoid(attempt))
          assert.strictEqual(error.reason, "Overtaken")
        }
        assert.lengthOf(yield* second.take(key, 0, 1_000), 1)
        assert.deepStrictEqual(yield* second.compositions(key), [])
        const [state] = yield* second.lanes
        assert.isTrue(state?.gate.open)

        yield* second.compose(key, [composition], [], now!.token)
        yield* second.setGate(key, closed, { track: 7, token: now!.token })
        yield* second.append(chunk([], { advance: { ...advance, token: nowSplit!.token } }))
        yield* second.settle([delivered(sequence, 0, 1)], now!.token)
        assert.deepStrictEqual(yield* first.take(key, 0, 1_000), [])
        assert.isFalse((yield* first.lanes)[0]?.gate.open)
      })
  )

  it.live("a takeover waits for no settlement that came late: of settle and release one is first", () =>
    Effect.gen(function* () {
      const { first, second } = yield* two()
      const key = track(1)
      for (let round = 0; round < 10; round++) {
        const [place] = yield* first.append(chunk([parcel(key, "a")]))
        const lease = yield* leaseOf(first, key)
        const settling = yield* Effect.forkChild(
          Effect.exit(first.settle([delivered(place!.sequence, 0)], lease.token))
        )
        yield* lease.release
        const theirs = yield* Effect.scoped(
          Effect.flatMap(leaseOf(second, key), ({ token }) =>
            Effect.exit(second.settle([delivered(place!.sequence, 0)], token))
          )
        )
        const ours = yield* Fiber.join(settling)
        assert.isTrue(Exit.isSuccess(theirs))
        // Whichever settled it: the other found nothing left, or was refused.
        const freed = [ours, theirs].map((exit) => (Exit.isSuccess(exit) ? exit.value : 0))
        assert.strictEqual(freed[0]! + freed[1]!, 1)
      }
      const ledger = yield* first.ledger
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { ios: 10 })
    })
  )

  it.live("an instance that stood still is sure of nothing in the moment in which it wakes", () =>
    Effect.gen(function* () {
      const place = yield* running
      const outbox = yield* opened(place, { schema: newSchema(), lease: 2_000, renew: 500 })
      const lease = yield* leaseOf(outbox, track(1))
      assert.isTrue(lease.isSure())
      const lost = yield* Effect.forkChild(lease.lost)
      yield* Effect.yieldNow
      // Sleeps, since a process that stands still runs no timer either.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000)
      assert.isFalse(lease.isSure())
      yield* Fiber.join(lost)
    })
  )

  it.live(
    "an instance that is cut off loses its leases by its own clock, others take over, and awake it settles nothing",
    () =>
      Effect.gen(function* () {
        const place = yield* running
        const schema = newSchema()
        const relay = yield* Relay.make(place)
        const first = yield* opened(relay, { schema, ...shortly })
        const second = yield* opened(place, { schema, ...shortly })
        const key = track(5)
        yield* first.join({ name: "first", roles: ["deliver"] })
        yield* second.join({ name: "second", roles: ["deliver"] })
        const [stored] = yield* first.append(chunk([parcel(key, "a")]))
        const lease = yield* leaseOf(first, key)
        assert.deepStrictEqual(
          (yield* second.instances).map(({ name, leases }) => [name, leases]),
          [
            ["first", [OutboxRules.trackLease(key)]],
            ["second", []]
          ]
        )
        yield* second.news
        const cut = Date.now()
        relay.stop()
        yield* lease.lost
        // It stops before the server gives its leases away.
        assert.isBelow(Date.now() - cut, shortly.lease)
        assert.deepStrictEqual(yield* second.lease([OutboxRules.trackLease(key)], 1), [])
        const news = yield* second.news
        assert.isTrue(news.fleet)
        const taken = yield* leaseOf(second, key)
        assert.isBelow(Date.now() - cut, shortly.lease + 2_000)
        assert.isAbove(taken.token, lease.token)
        assert.deepStrictEqual(
          (yield* second.instances).map(({ name }) => name),
          ["second"]
        )
        relay.mend()
        const error = yield* Effect.flip(first.settle([delivered(stored!.sequence, 0)], lease.token))
        assert.strictEqual(error.reason, "Overtaken")
        assert.strictEqual(yield* second.settle([delivered(stored!.sequence, 0)], taken.token), 1)
        // It is heard of again, and may own what is free.
        while ((yield* first.instances).length < 2) yield* Effect.sleep(50)
        yield* Effect.scoped(leaseOf(first, track(6)))
        assert.deepStrictEqual(Ledger.imbalance(yield* first.ledger), [])
      })
  )

  it.live(
    "hear of parcels in their tracks, of gates and of who comes and goes, and of nothing that they did themselves",
    () =>
      Effect.gen(function* () {
        const { first, second } = yield* two()
        yield* leaseOf(first, track(1))
        yield* first.append(chunk([parcel(track(1), "own")]))
        yield* first.setGate(track(1), closed)
        const hearing = yield* Effect.forkChild(first.news)
        // Sleeps, since nothing is to be heard: long enough for a few looks.
        yield* Effect.sleep(300)
        assert.isUndefined(hearing.pollUnsafe())

        yield* second.append(chunk([parcel(track(2), "another's"), parcel(track(1), "a")]))
        assert.deepStrictEqual((yield* Fiber.join(hearing)).tracks, [track(1)])
        // An append of its own hides none of another's.
        yield* second.append(chunk([parcel(track(1), "b")]))
        yield* first.append(chunk([parcel(track(1), "own")]))
        assert.deepStrictEqual((yield* first.news).tracks, [track(1)])

        yield* second.setGate({ route: "crm", lane: "web" }, closed)
        assert.deepStrictEqual((yield* first.news).gates, [{ route: "crm", lane: "web", gate: closed }])

        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* second.join({ name: "second", roles: ["read"] })
            assert.isTrue((yield* first.news).fleet)
          })
        )
        assert.isTrue((yield* first.news).fleet)
      })
  )

  it.live("read many tracks at once, of each what is behind its own place and fits its own bytes", () =>
    Effect.gen(function* () {
      const { first } = yield* two()
      const [one, other] = [track(1), track(2)]
      const places = yield* first.append(
        chunk([
          parcel(one, "a"),
          parcel(other, "b"),
          parcel(one, "c"),
          parcel(other, "dd"),
          parcel(other, "e")
        ])
      )
      const sequences = places.map(({ sequence }) => sequence)
      const answers = yield* Effect.all(
        [
          first.take(one, 0, 1_000),
          first.take(one, sequences[0]!, 1_000),
          first.take(other, 0, 0),
          first.take(other, sequences[1]!, 1_000),
          first.take(track(3), 0, 1_000),
          first.take({ ...one, lane: "elsewhere" }, 0, 1_000)
        ],
        { concurrency: "unbounded" }
      )
      const [a, b, c, d, e] = sequences
      assert.deepStrictEqual(
        answers.map((parcels) => parcels.map(({ sequence }) => sequence)),
        [[a, c], [c], [b], [d, e], [], []]
      )
    })
  )

  it.live("hear nothing of splits that others claim and release, and at once of a track that is free", () =>
    Effect.gen(function* () {
      const { first, second } = yield* two()
      const hearing = yield* Effect.forkChild(first.news)
      yield* Effect.scoped(second.lease([OutboxRules.splitLease("default", "a.avro")], 1))
      // Sleeps, since nothing is to be heard: long enough for a few looks.
      yield* Effect.sleep(500)
      assert.isUndefined(hearing.pollUnsafe())
      yield* Effect.scoped(leaseOf(second, track(1)))
      assert.isTrue((yield* Fiber.join(hearing)).fleet)
    })
  )

  it.live("give back a lease that was taken for them by a statement whose answer they never heard", () =>
    Effect.gen(function* () {
      const { place, schema, first, second } = yield* two({ lease: 4_000, renew: 100 })
      yield* first.join({ name: "first", roles: ["deliver"] })
      const name = OutboxRules.trackLease(track(7))
      yield* sql(
        place,
        `insert into ${schema}.lease (key, name, owner, token)
         select '${name}', '${name}', id, nextval('${schema}.lease_number') from ${schema}.session where name = 'first'`
      )
      let taken = yield* second.lease([name], 1)
      while (taken.length === 0) {
        // Sleeps, since the next renewal frees it.
        yield* Effect.sleep(50)
        taken = yield* second.lease([name], 1)
      }
      assert.deepStrictEqual(
        taken.map((lease) => lease.name),
        [name]
      )
    })
  )

  it.live("lose no lease by a renewal that is told while the lease is taken", () =>
    Effect.gen(function* () {
      // So many renewals that each taking meets some.
      const { first } = yield* two({ lease: 4_000, renew: 40 })
      let lost = 0
      for (let number = 0; number < 500; number++) {
        const [lease] = yield* first.lease([`split ${number}`], 1)
        yield* Effect.forkChild(
          Effect.andThen(
            lease!.lost,
            Effect.sync(() => lost++)
          ),
          { startImmediately: true }
        )
      }
      // Asks the server, so that renewals under way have been told.
      yield* first.instances
      assert.strictEqual(lost, 0)
    })
  )

  it.live("take an event once, whichever of them appends it", () =>
    Effect.gen(function* () {
      const { first, second } = yield* two()
      let [stored, seen] = [0, 0]
      for (let round = 0; round < 20; round++) {
        const ids = [`${round} b`, `${round} a`, `${round} \0`]
        const attempts = [first, second, first, second].map((outbox, index) =>
          Effect.exit(
            outbox.append(
              chunk([parcel(track(index), "event")], {
                remember: index % 2 === 0 ? ids : ids.toReversed(),
                unseenSince: 0
              })
            )
          )
        )
        for (const exit of yield* Effect.all(attempts, { concurrency: "unbounded" })) {
          if (Exit.isSuccess(exit)) stored++
          else if (JSON.stringify(exit.cause).includes("Seen")) seen++
        }
      }
      assert.deepStrictEqual([stored, seen], [20, 60])
      assert.strictEqual(Ledger.total(yield* first.ledger, "waiting"), 20)
    })
  )

  it.live("a parcel with a smaller sequence is never committed behind a larger one of its track", () =>
    Effect.gen(function* () {
      const place = yield* running
      const schema = newSchema()
      const relay = yield* Relay.make(place)
      const slow = yield* opened(relay, { schema })
      const quick = yield* opened(place, { schema })
      yield* quick.append(chunk([parcel(track(0), "first")]))
      const paused = relay.pauseAfter("nextval")
      const slowly = yield* Effect.forkChild(slow.append(chunk([parcel(track(0), "slow")])))
      yield* Effect.promise(() => paused)
      const quickly = yield* Effect.forkChild(quick.append(chunk([parcel(track(0), "quick")])))
      // Sleeps, since nothing is to happen: the quick one waits for the slow one.
      yield* Effect.sleep(300)
      const before = yield* quick.take(track(0), 0, 1_000)
      relay.resume()
      yield* Fiber.join(slowly)
      yield* Fiber.join(quickly)
      const after = yield* quick.take(track(0), before.at(-1)!.sequence, 1_000)
      assert.deepStrictEqual(
        [...before, ...after].map(({ records }) => Buffer.from(records.bytes).toString()),
        ["first", "slow", "quick"]
      )
    })
  )

  it.live(
    "a reader of a track misses no parcel, whoever commits first, and the ledger balances at any instant",
    () =>
      Effect.gen(function* () {
        const { place, schema, first, second } = yield* two({ size: 1_000_000_000 })
        const third = yield* opened(place, { schema })
        const tracks = [0, 1, 2, 3]
        const chunks = 60
        const writing = yield* Effect.forkChild(
          Effect.all(
            [first, second].map((outbox, writer) =>
              Effect.forEach(
                Array.from({ length: chunks }, (_, i) => i),
                (i) => {
                  const order = writer === 0 ? tracks : tracks.toReversed()
                  return outbox.append(chunk(order.map((one) => parcel(track(one), `${writer} ${i}`, "x"))))
                },
                { concurrency: 8, discard: true }
              )
            ),
            { concurrency: "unbounded", discard: true }
          )
        )
        const leases = yield* third.lease(
          tracks.map((one) => OutboxRules.trackLease(track(one))),
          9
        )
        const last = new Map<number, number>()
        let read = 0
        while (read < 2 * chunks * tracks.length) {
          for (const one of tracks) {
            const parcels = yield* third.take(track(one), last.get(one) ?? 0, 2_000)
            read += parcels.length
            last.set(one, parcels.at(-1)?.sequence ?? last.get(one) ?? 0)
            const settled = parcels.map(({ sequence }) => delivered(sequence, 0, 1))
            if (settled.length > 0) yield* third.settle(settled, leases[one]!.token)
            assert.deepStrictEqual(Ledger.imbalance(yield* third.ledger), [])
          }
        }
        yield* Fiber.join(writing)
        const counts = (yield* first.ledger).routes["crm"]
        assert.deepStrictEqual(counts?.waiting, {})
        assert.deepStrictEqual(counts?.delivered, { ios: 4 * chunks * tracks.length })
      })
  )

  it.live("share one size: what one stores holds the other back, and what one settles lets it go on", () =>
    Effect.gen(function* () {
      const { first, second } = yield* two({ size: 100_000 })
      const [place] = yield* first.append(chunk([parcel(track(0), "x".repeat(120_000))]))
      assert.isTrue(yield* first.full)
      while (!(yield* second.full)) yield* Effect.sleep(50)
      const waiting = yield* Effect.forkChild(second.append(chunk([parcel(track(1), "late")])))
      // Sleeps, since nothing is to happen.
      yield* Effect.sleep(100)
      assert.isUndefined(waiting.pollUnsafe())
      const { token } = yield* leaseOf(first, track(0))
      yield* first.settle([delivered(place!.sequence, 0)], token)
      yield* Fiber.join(waiting)
    })
  )
})
