import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import type { SourceError } from "@millrace/core/Source"
import { nats } from "@millrace/source-nats"
import type { Credentials, Settings } from "@millrace/source-nats/Settings"
import { AckPolicy, DeliverPolicy, RetentionPolicy } from "@nats-io/jetstream"
import { nkeys } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Recorder from "./support/intake.ts"
import * as Server from "./support/server.ts"
import * as Stream from "./support/stream.ts"

const event = (at: number) =>
  JSON.stringify({
    id: `e-${at}`,
    type: "order.placed",
    time: at,
    user: { externalId: "c-1" },
    properties: {}
  })
const events = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => event(from + at))
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `e-${from + at}`)

type Given = Omit<typeof Settings.Encoded, "format"> & Pick<Partial<typeof Settings.Encoded>, "format">

const run = (
  recorder: Recorder.Recorder,
  settings: Given,
  { credentials = {}, follow = false }: { credentials?: typeof Credentials.Encoded; follow?: boolean } = {}
) =>
  nats({ settings: { format: "event", ...settings }, credentials })
    .run(recorder.intake, { follow })
    .pipe(Effect.provide(Recorder.logged(recorder)))

const failureOf = <A>(running: Effect.Effect<A, SourceError>) => Effect.flip(running)

const until = <A>(ask: Effect.Effect<A>, holds: (answer: A) => boolean): Effect.Effect<A> =>
  Effect.flatMap(ask, (answer) =>
    holds(answer) ? Effect.succeed(answer) : Effect.delay(until(ask, holds), "10 millis")
  )

describe.skipIf(Server.program === undefined)(Server.title("a stream of NATS"), () => {
  /** Nothing while there is no consumer. */
  const stateOf = (stream: Stream.Stream) =>
    Effect.promise(() => stream.manager.consumers.info(stream.name, "millrace").catch(() => undefined))

  const infoOf = (stream: Stream.Stream) =>
    Effect.promise(() => stream.manager.consumers.info(stream.name, "millrace"))

  it.live("is acknowledged when its events are durable, and not before", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(events(0, 300))
      const recorder = Recorder.make()
      recorder.door.closeUnsafe()
      const fiber = yield* Effect.forkScoped(run(recorder, stream.settings, { follow: true }))
      yield* recorder.begun
      // Sleeps, long enough for an acknowledgement to arrive that does not wait.
      yield* Effect.sleep("100 millis")
      const held = yield* infoOf(stream)
      assert.strictEqual(held.ack_floor.stream_seq, 0)
      assert.isAbove(held.num_ack_pending, 0)
      recorder.door.openUnsafe()
      yield* recorder.has(300)
      assert.deepStrictEqual(recorder.ids(), ids(0, 300))
      const done = yield* until(infoOf(stream), (info) => info.num_ack_pending === 0)
      assert.strictEqual(done.ack_floor.stream_seq, 300)
      yield* Fiber.interrupt(fiber)
    })
  )

  it.live("is renewed while an append waits for longer than the server does", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* Effect.promise(() =>
        stream.manager.consumers.add(stream.name, {
          durable_name: "millrace",
          ack_policy: AckPolicy.Explicit,
          ack_wait: 3_000_000_000
        })
      )
      yield* stream.publish(events(0, 20))
      const recorder = Recorder.make()
      recorder.door.closeUnsafe()
      yield* Effect.forkScoped(run(recorder, stream.settings, { follow: true }))
      // Sleeps, for longer than the server waits for an acknowledgement.
      yield* Effect.sleep("7 seconds")
      const info = yield* infoOf(stream)
      assert.strictEqual(info.num_redelivered, 0)
      assert.strictEqual(info.num_ack_pending, 20)
      recorder.door.openUnsafe()
      yield* recorder.has(20)
      assert.deepStrictEqual(recorder.ids(), ids(0, 20))
    })
  )

  it.live("goes on behind its checkpoint where acknowledgements were lost, in the stream's order", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(events(0, 50))
      const recorder = Recorder.make()
      yield* run(recorder, stream.settings)
      const before = recorder.checkpoints.get(stream.name) ?? ""
      // Somebody takes some that follow, and dies with them.
      yield* stream.publish(events(50, 80))
      const { jetstream } = yield* Stream.client(url)
      yield* Effect.promise(async () => {
        const consumer = await jetstream.consumers.get(stream.name, "millrace")
        for await (const _ of await consumer.fetch({ max_messages: 20, expires: 1000 }));
      })
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.ids(), ids(0, 80))
      // What was acknowledged comes again where the outbox is one from before.
      recorder.checkpoints.set(stream.name, before)
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.ids().slice(80), ids(50, 80))
    })
  )

  it.live("whose messages somebody else takes under way loses none, and says so", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(events(0, 10))
      const recorder = Recorder.make()
      const running = yield* Effect.forkScoped(failureOf(run(recorder, stream.settings, { follow: true })))
      yield* recorder.has(10)
      const { jetstream } = yield* Stream.client(url)
      const consumer = yield* Effect.promise(() => jetstream.consumers.get(stream.name, "millrace"))
      const other = yield* Effect.promise(() => consumer.fetch({ max_messages: 20, expires: 5000 }))
      yield* Effect.forkScoped(
        Effect.promise(async () => {
          for await (const _ of other);
        })
      )
      yield* until(infoOf(stream), (info) => info.num_waiting === 2)
      yield* stream.publish(events(10, 60))
      const { kind, reason } = yield* Fiber.join(running)
      assert.deepStrictEqual([kind, reason], ["retry", "missed-messages"])
      yield* Effect.promise(() => other.close())
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.ids(), ids(0, 60))
    })
  )

  it.live("tells how far behind it is read, and when all is", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      const before = Date.now()
      yield* stream.publish(events(0, 300))
      const recorder = Recorder.make()
      recorder.door.closeUnsafe()
      const fiber = yield* Effect.forkScoped(run(recorder, stream.settings, { follow: true }))
      yield* recorder.begun
      yield* until(
        Effect.sync(() => recorder.lags.length),
        (told) => told > 0
      )
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(recorder.lags.at(-1)?.count, 300)
      recorder.door.openUnsafe()
      yield* run(recorder, stream.settings)
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.lags.at(-1), { count: 0 })
      for (const { oldest = before } of recorder.lags) assert.closeTo(oldest, before, 60_000)
    })
  )

  it.live("makes dead letters of what is no event, with the message's sequence", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish([event(0), "{", "", `${event(1)}\n[1]\n${event(2)}\n`, event(3)])
      const recorder = Recorder.make()
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.ids(), ids(0, 4))
      assert.deepStrictEqual(
        recorder.bad().map(({ position, reason }) => [position, reason]),
        [
          ["message 2", "malformed"],
          ["message 3", "malformed"],
          ["message 4, line 2", "not-an-event"]
        ]
      )
    })
  )

  it.live("of a message that is more than a chunk, goes on within it", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start("max_payload: 8MB")
      const stream = yield* Stream.make(url)
      yield* stream.publish([events(0, 40_000).join("\n"), event(40_000)])
      const recorder = Recorder.make()
      yield* run(recorder, stream.settings)
      assert.strictEqual(recorder.ids().length, 40_001)
      const [, second] = recorder.chunks
      const again = Recorder.make()
      again.checkpoints.set(stream.name, second?.checkpoint ?? "")
      yield* run(again, stream.settings)
      const taken = recorder.chunks.slice(0, 2).reduce((sum, chunk) => sum + chunk.events.length, 0)
      assert.deepStrictEqual(again.ids(), ids(taken, 40_001))
    })
  )

  it.live("reads the subjects that are named", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(events(0, 10), "orders")
      yield* stream.publish(events(10, 20), "visits")
      yield* stream.publish(events(20, 30), "orders")
      const recorder = Recorder.make()
      const settings = { ...stream.settings, subjects: [`${stream.name}.orders`] as const }
      yield* run(recorder, settings)
      assert.deepStrictEqual(recorder.ids(), [...ids(0, 10), ...ids(20, 30)])
      yield* stream.publish(events(30, 40), "visits")
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.ids().slice(20), ids(30, 40))
    })
  )

  it.live(
    "is a work queue, or keeps messages for its consumers, and loses none when its consumer is made again",
    () =>
      Effect.gen(function* () {
        const { url } = yield* Server.start()
        for (const retention of [RetentionPolicy.Workqueue, RetentionPolicy.Interest]) {
          const stream = yield* Stream.make(url, { retention })
          const recorder = Recorder.make()
          yield* run(recorder, stream.settings)
          yield* stream.publish(events(0, 60))
          recorder.door.closeUnsafe()
          const fiber = yield* Effect.forkScoped(run(recorder, stream.settings, { follow: true }))
          yield* until(stateOf(stream), (info) => info?.num_ack_pending === 60)
          yield* Fiber.interrupt(fiber)
          recorder.door.openUnsafe()
          yield* run(recorder, stream.settings)
          assert.deepStrictEqual(recorder.ids(), ids(0, 60), retention)
          const left = yield* until(
            Effect.promise(() => stream.manager.streams.info(stream.name)),
            ({ state }) => state.messages === 0
          )
          assert.strictEqual(left.state.consumer_count, 1, retention)
        }
      })
  )

  it.live("begins where a consumer was made to begin that was not used yet", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(events(0, 10))
      yield* Effect.promise(() =>
        stream.manager.consumers.add(stream.name, {
          durable_name: "millrace",
          ack_policy: AckPolicy.Explicit,
          deliver_policy: DeliverPolicy.New
        })
      )
      yield* stream.publish(events(10, 20))
      const recorder = Recorder.make()
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.ids(), ids(10, 20))
      const fresh = Recorder.make()
      yield* run(fresh, stream.settings)
      assert.deepStrictEqual(fresh.ids(), ids(0, 20))
    })
  )

  it.live(
    "tells in one line of messages that went before they were read, and of a stream that was made anew",
    () =>
      Effect.gen(function* () {
        const { url } = yield* Server.start()
        const stream = yield* Stream.make(url)
        yield* stream.publish(events(0, 10))
        const recorder = Recorder.make()
        yield* run(recorder, stream.settings)
        yield* stream.publish(events(10, 30))
        yield* Effect.promise(() => stream.manager.streams.purge(stream.name, { seq: 21 }))
        yield* run(recorder, stream.settings)
        assert.deepStrictEqual(recorder.ids(), [...ids(0, 10), ...ids(20, 30)])
        assert.lengthOf(recorder.logs, 1)
        assert.include(recorder.logs[0], "sequences 11 to 20")

        yield* Effect.promise(() => stream.manager.streams.delete(stream.name))
        yield* Effect.promise(() =>
          stream.manager.streams.add({ name: stream.name, subjects: [`${stream.name}.>`] })
        )
        yield* stream.publish(events(30, 35))
        yield* run(recorder, stream.settings)
        assert.deepStrictEqual(recorder.ids().slice(20), ids(30, 35))
        assert.include(recorder.logs[1], "was made anew")
      })
  )

  it.live("that counts other messages under the same sequences is read on from what it stored later", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(events(0, 10))
      const recorder = Recorder.make()
      yield* run(recorder, stream.settings)
      // As if messages 11 to 15 had been read and then lost with the server's disk, and 11 to 20 were others.
      const between = BigInt(Date.now()) * 1_000_000n
      // Sleeps, so that what follows has a later time.
      yield* Effect.sleep("5 millis")
      yield* stream.publish(events(10, 20))
      const [, , , , ...created] = (recorder.checkpoints.get(stream.name) ?? "").split(":")
      recorder.checkpoints.set(stream.name, `v1:15:all:${between}:${created.join(":")}`)
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.ids(), ids(0, 20))
      assert.include(recorder.logs[0], "lost messages that were read up to 15, or was restored")
    })
  )

  it.live("survives its server being killed again and again: each event once, in order", () =>
    Effect.gen(function* () {
      const server = yield* Server.start("")
      const stream = yield* Stream.make(server.url)
      const { settings } = stream
      const recorder = Recorder.make()
      yield* stream.publish(events(0, 4000))
      const failures: Array<string> = []
      const running = run(recorder, settings, { follow: true }).pipe(
        Effect.tapError(({ reason }) => Effect.sync(() => failures.push(reason ?? ""))),
        Effect.retry({ while: ({ kind }) => kind === "retry", schedule: Schedule.spaced("20 millis") })
      )
      const fiber = yield* Effect.forkScoped(running)
      for (let kill = 0; kill < 6; kill++) {
        yield* Effect.raceFirst(recorder.has(537 * kill + 1), Fiber.join(fiber))
        yield* server.kill
        yield* server.start
      }
      yield* Effect.raceFirst(recorder.has(4000), Fiber.join(fiber))
      assert.deepStrictEqual(recorder.ids(), ids(0, 4000))
      assert.isAtLeast(failures.filter((reason) => reason === "unreachable").length, 6)
    })
  )

  it.live("is given up after what is under way where it is wanted elsewhere", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(events(0, 100))
      const recorder = Recorder.make()
      let claims = 0
      const { intake } = recorder
      const given: Recorder.Recorder = {
        ...recorder,
        intake: {
          ...intake,
          claim: (split, read) =>
            claims++ === 0
              ? intake.claim(split, read)
              : Effect.andThen(Effect.never, intake.claim(split, read))
        }
      }
      const fiber = yield* Effect.forkScoped(run(given, stream.settings, { follow: true }))
      yield* recorder.has(100)
      yield* recorder.revoke
      yield* until(infoOf(stream), (info) => info.num_waiting === 0)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(recorder.ids(), ids(0, 100))
    })
  )

  it.live("says in one line what stands in the way, and whether it may pass", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(
        `authorization { users: [
          { user: all, password: secret-of-all }
          { user: few, password: secret-of-few, permissions: { publish: ["$JS.API.STREAM.INFO.*"], subscribe: "_INBOX.>" } }
        ] }`
      )
      const settings = { servers: [server.url] as const, stream: "EVENTS", consumer: "millrace" }
      const as = (user: string, password: string) => ({
        user: Redacted.make(user),
        password: Redacted.make(password)
      })
      const told = (given: Given, credentials: typeof Credentials.Encoded) =>
        Effect.map(failureOf(run(Recorder.make(), given, { credentials })), ({ detail, kind, reason }) => {
          assert.notInclude(detail, "secret-of")
          assert.notInclude(detail, "\n")
          return [kind, reason, detail]
        })
      const where = server.url
      assert.deepStrictEqual(yield* told(settings, as("all", "secret-of-none")), [
        "unauthorized",
        "unauthorized",
        `${where} refuses the credentials: check them`
      ])
      assert.deepStrictEqual(yield* told(settings, as("all", "secret-of-all")), [
        "retry",
        "no-stream",
        `stream EVENTS is not there at ${where}: make it, or correct settings.stream`
      ])
      const { manager } = yield* Stream.make(server.url, {}, { user: "all", pass: "secret-of-all" })
      yield* Effect.promise(() => manager.streams.add({ name: "EVENTS", subjects: ["events.>"] }))
      assert.deepStrictEqual(yield* told(settings, as("few", "secret-of-few")), [
        "unauthorized",
        "not-permitted",
        `${where} does not let this user publish to $JS.API.CONSUMER.INFO.EVENTS.millrace: allow it`
      ])
      yield* Effect.promise(() =>
        manager.consumers.add("EVENTS", {
          durable_name: "pushes",
          deliver_subject: "there",
          ack_policy: AckPolicy.Explicit
        })
      )
      const [, reason, detail] = yield* told({ ...settings, consumer: "pushes" }, as("all", "secret-of-all"))
      assert.strictEqual(reason, "other-consumer")
      assert.include(detail, "pushes its messages to a subject")
      yield* server.kill
      const [kind, away, said] = yield* told(settings, as("all", "secret-of-all"))
      assert.deepStrictEqual([kind, away], ["retry", "unreachable"])
      assert.strictEqual(said, `${where} does not answer (ECONNREFUSED): it is tried again`)
    })
  )

  it.live("is read with no more permissions than the README lists, and with each kind of credentials", () =>
    Effect.gen(function* () {
      const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
      const [, least = ""] = /```\n(publish: [\s\S]*?)```/.exec(readme) ?? []
      const user = nkeys.createUser()
      const admin = "{ user: admin, password: secret-of-admin }"
      const users = `authorization { users: [
        ${admin}
        { user: least, password: secret-of-least, permissions: { ${least} } }
        { nkey: ${user.getPublicKey()} }
      ] }`
      const server = yield* Server.start(users)
      const stream = yield* Stream.make(server.url, {}, { user: "admin", pass: "secret-of-admin" })
      const manage = Effect.promise(() =>
        stream.manager.streams.add({ name: "EVENTS", subjects: ["events.>"] })
      )
      yield* manage
      const settings = { servers: [server.url] as const, stream: "EVENTS", consumer: "millrace" }
      const secret = (text: string) => Redacted.make(text)
      const nkey = secret(new TextDecoder().decode(user.getSeed()))
      const password = { user: secret("least"), password: secret("secret-of-least") }
      const recorder = Recorder.make()
      for (const credentials of [password, { nkey }, password]) {
        const fiber = yield* Effect.forkScoped(run(recorder, settings, { credentials, follow: true }))
        yield* stream.publishTo("events.a", events(recorder.ids().length, recorder.ids().length + 10))
        const count = recorder.ids().length + 10
        yield* Effect.raceFirst(recorder.has(count), Fiber.join(fiber))
        yield* Fiber.interrupt(fiber)
        // As after a kill, so that it is deleted and made again.
        recorder.door.closeUnsafe()
        const held = yield* Effect.forkScoped(run(recorder, settings, { credentials, follow: true }))
        yield* stream.publishTo("events.a", events(count, count + 10))
        yield* until(stateOf({ ...stream, name: "EVENTS" }), (info) => (info?.num_ack_pending ?? 0) > 0)
        yield* Fiber.interrupt(held)
        recorder.door.openUnsafe()
        yield* run(recorder, settings, { credentials })
      }
      assert.deepStrictEqual(recorder.ids(), ids(0, 60))
    })
  )

  it.live("is read over TLS where it is asked for, from a server that can be trusted", () =>
    Effect.gen(function* () {
      const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.pem`, import.meta.url))
      const tls = `tls { cert_file: "${fixture("certificate")}", key_file: "${fixture("key")}" }`
      const server = yield* Server.start(`${tls}\nauthorization { token: secret-token }`)
      const ca = readFileSync(fixture("certificate"), "utf8")
      const url = server.url.replace("nats://127.0.0.1", "tls://localhost")
      const stream = yield* Stream.make(url, {}, { token: "secret-token", tls: { ca } })
      yield* stream.publish(events(0, 5))
      const token = Redacted.make("secret-token")
      const credentials = { token, tls: { authority: Redacted.make(ca) } }
      const recorder = Recorder.make()
      yield* run(recorder, stream.settings, { credentials })
      assert.deepStrictEqual(recorder.ids(), ids(0, 5))
      const { reason, detail } = yield* failureOf(run(recorder, stream.settings, { credentials: { token } }))
      assert.strictEqual(reason, "tls")
      assert.include(detail, "credentials.tls.authority")
      const plain = yield* Server.start()
      const settings = { ...stream.settings, servers: [plain.url.replace("nats:", "tls:")] as const }
      const other = yield* failureOf(run(recorder, settings))
      assert.strictEqual(other.reason, "tls")
    })
  )

  it.live("is made again at the checkpoint when it is deleted under way", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(events(0, 10))
      const recorder = Recorder.make()
      const fiber = yield* Effect.forkScoped(failureOf(run(recorder, stream.settings, { follow: true })))
      yield* recorder.has(10)
      yield* until(infoOf(stream), (info) => info.num_waiting > 0)
      yield* Effect.promise(() => stream.manager.consumers.delete(stream.name, "millrace"))
      const { kind, reason, detail } = yield* Fiber.join(fiber)
      assert.deepStrictEqual([kind, reason], ["retry", "no-consumer"])
      assert.include(detail, "was deleted while it was read")
      yield* stream.publish(events(10, 20))
      yield* run(recorder, stream.settings)
      assert.deepStrictEqual(recorder.ids(), ids(0, 20))
    })
  )
})
