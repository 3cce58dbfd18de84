import { assert, describe, it } from "@effect/vitest"
import { Catalogue, Destination, Exporter, Message, OutboxMemory, Outcome, Source } from "@millrace/core"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const { event } = Remote

/** What hands out tokens and takes events with them, each token for a number of requests. */
interface Tokens {
  readonly token: () => Promise<string>
  readonly take: (token: string) => Outcome.DeliveryError["outcome"] | undefined
  readonly log: Array<string>
}

const remoteOf = (uses: number, tokens = Infinity): Tokens => {
  const left = new Map<string, number>()
  const log: Array<string> = []
  return {
    log,
    token: async () => {
      const name = `token-${left.size + 1}`
      log.push(name)
      left.set(name, left.size < tokens ? uses : 0)
      return name
    },
    take: (token) => {
      const remaining = left.get(token) ?? 0
      left.set(token, remaining - 1)
      log.push(remaining > 0 ? "taken" : "refused")
      return remaining > 0 ? undefined : Outcome.unauthorized("token-expired")
    }
  }
}

const run = (remote: Tokens, events: number, concurrency = 1, attemptTimeout?: Duration.Input) => {
  const destination = Destination.plugin({
    name: "tokens",
    accepts: Catalogue.any,
    settings: Schema.Struct({}),
    credentials: Schema.Struct({}),
    open: () =>
      Destination.opened({
        lanes: [{ name: "main" }],
        limits: {
          messages: 1,
          events: 1,
          bytes: 1000,
          messageBytes: 900,
          messageEvents: 1,
          concurrency,
          window: 0
        },
        assign: () => Destination.to("main"),
        prepare: ([{ id }]) => Result.succeed(Message.json(id, id)),
        connect: Destination.connectAsync(async () => {
          const token = await remote.token()
          return {
            check: async () => {},
            deliver: async (batch) => {
              const outcome = remote.take(token)
              if (outcome !== undefined) throw new Outcome.DeliveryError({ outcome })
              return Outcome.Outcomes.all(batch, Outcome.delivered)
            },
            close: async () => void remote.log.push(`closed ${token}`)
          }
        })
      })
  })({})
  return Effect.map(
    Exporter.from(Source.fromArray(Array.from({ length: events }, (_, index) => event(index))))
      .route("crm")
      .to(destination, {
        policy: {
          breakerAfter: 2,
          firstBackoff: 1,
          longestBackoff: 1,
          ...(attemptTimeout === undefined ? {} : { attemptTimeout })
        }
      }).run,
    ({ routes }) => {
      const { delivered, waiting } = routes["crm"]!
      return { delivered: delivered["main"] ?? 0, waiting: waiting["main"] ?? 0 }
    }
  ).pipe(Effect.provide(OutboxMemory.layer))
}

describe("a connection with a token that runs out", () => {
  it.live("is opened anew, before the gate closes", () =>
    Effect.gen(function* () {
      const remote = remoteOf(3)
      const { delivered, waiting } = yield* run(remote, 8)
      assert.deepStrictEqual([delivered, waiting], [8, 0])
      const of = (token: number, taken: number) => [
        `token-${token}`,
        ...Array.from({ length: taken }, () => "taken")
      ]
      assert.deepStrictEqual(remote.log, [
        ...of(1, 3),
        "refused",
        "closed token-1",
        ...of(2, 3),
        "refused",
        "closed token-2",
        ...of(3, 2),
        "closed token-3"
      ])
    })
  )

  it.live("is opened anew once for all that is under way over it", () =>
    Effect.gen(function* () {
      const remote = remoteOf(10)
      const { delivered } = yield* run(remote, 40, 4)
      assert.strictEqual(delivered, 40)
      const opened = remote.log.filter((line) => line.startsWith("token-"))
      assert.isAtMost(opened.length, 5)
      assert.strictEqual(remote.log.filter((line) => line.startsWith("closed")).length, opened.length)
    })
  )

  it.live("closes the gate when a new one is refused at once", () =>
    Effect.gen(function* () {
      const remote = remoteOf(2, 1)
      const { delivered, waiting } = yield* run(remote, 5)
      assert.deepStrictEqual([delivered, waiting], [2, 3])
      assert.deepStrictEqual(remote.log.slice(3), [
        "refused",
        "closed token-1",
        "token-2",
        "refused",
        "closed token-2"
      ])
    })
  )
})

describe("a connection that takes its time to close", () => {
  it.effect("is followed by the last of the credentials that changed meanwhile", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const changes = yield* Queue.unbounded<void>()
      let key = 1
      const used = new Set<number>()
      const destination = Remote.destination(remote, {
        answer: () => (used.has(3) ? undefined : Outcome.retry("unavailable"))
      })
      const open = Effect.map(destination.open, (opened) => {
        const own = key
        return {
          ...opened,
          connect: (lane: string) =>
            Effect.acquireRelease(
              Effect.map(opened.connect(lane), (connection) => ({
                ...connection,
                deliver: (batch: Message.Batch) => {
                  used.add(own)
                  return connection.deliver(batch)
                }
              })),
              () => (own === 1 ? Effect.sleep("10 seconds") : Effect.void)
            )
        }
      })
      const running = yield* Exporter.start(
        Exporter.from(Source.fromArray([event(0)]))
          .route("crm")
          .to({ ...destination, open, changed: Queue.take(changes) }, { policy: { breakerAfter: 1000 } }),
        { follow: true }
      )
      yield* Time.pass("1 second")
      for (const next of [2, 3]) {
        key = next
        yield* Queue.offer(changes, undefined)
        yield* Time.pass("1 second")
      }
      yield* Time.pass("1 minute")
      assert.deepStrictEqual([...used], [1, 3])
      assert.deepStrictEqual((yield* running.ledger).routes["crm"]?.delivered, { main: 1 })
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layer))
  )
})

describe("a connection that cannot be opened", () => {
  it.live("is tried again after a failure", () =>
    Effect.gen(function* () {
      const good = remoteOf(10)
      let tries = 0
      const remote: Tokens = {
        ...good,
        token: () => (++tries < 4 ? Promise.reject(new Error("busy")) : good.token())
      }
      const { delivered } = yield* run(remote, 3)
      assert.deepStrictEqual([delivered, tries], [3, 4])
    })
  )

  it.live("closes the gate when its credentials are refused", () =>
    Effect.gen(function* () {
      let tries = 0
      const refused = new Outcome.DeliveryError({ outcome: Outcome.unauthorized("bad-client") })
      const remote: Tokens = {
        ...remoteOf(10),
        token: () => {
          tries++
          return Promise.reject(refused)
        }
      }
      const { waiting } = yield* run(remote, 3)
      assert.deepStrictEqual([waiting, tries], [3, 1])
    })
  )
})

describe("a connection that opens too late", () => {
  it.live("is closed as soon as it is open, and another one sends", () =>
    Effect.gen(function* () {
      const good = remoteOf(10)
      const late = Promise.withResolvers<string>()
      let tries = 0
      const remote: Tokens = { ...good, token: () => (++tries === 1 ? late.promise : good.token()) }
      const { delivered } = yield* run(remote, 2, 1, "200 millis")
      assert.strictEqual(delivered, 2)
      assert.isAtLeast(tries, 2)
      assert.notInclude(good.log, "closed late")
      late.resolve("late")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.include(good.log, "closed late")
      assert.notInclude(good.log, "refused")
    })
  )
})

describe("a connection that fails again and again", () => {
  it.live("is opened anew as often as the breaker counts", () =>
    Effect.gen(function* () {
      const good = remoteOf(10)
      const remote: Tokens = {
        ...good,
        take: (token) => (token === "token-3" ? good.take(token) : Outcome.retry("stuck"))
      }
      const { delivered } = yield* run(remote, 3)
      assert.strictEqual(delivered, 3)
      assert.deepStrictEqual(good.log.slice(0, 5), [
        "token-1",
        "closed token-1",
        "token-2",
        "closed token-2",
        "token-3"
      ])
    })
  )
})
