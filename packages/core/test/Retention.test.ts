import { assert, describe, it } from "@effect/vitest"
import { Exporter, OutboxMemory, Outcome, type Route, Source } from "@millrace/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const memory = Effect.provide(OutboxMemory.layer)
const events = 300

/** Tried again well within the minute after which a full share is set aside. */
const policy = { longestBackoff: "2 seconds", breakerAfter: 1000 } as const

/** An exporter with a remote that can be down, and a retention of two days. */
const world = (share?: Route.Share) => {
  const remote = Remote.make()
  let isDown = true
  const destination = Remote.destination(remote, {
    answer: () => (isDown ? Outcome.retry("unavailable") : undefined)
  })
  return {
    remote,
    setDown: (down: boolean) => {
      isDown = down
    },
    definition: Exporter.from(Source.fromArray(Remote.events(events), { size: 30 }))
      .route("crm")
      .to(destination, { retention: "2 days", ...(share === undefined ? {} : { share, policy }) })
  }
}

/** A run that reads all there is and delivers nothing, and then is not there for ten days. */
const readAndLeave = Effect.fnUntraced(function* (definition: Exporter.Definition) {
  const running = yield* Exporter.start(definition, { follow: true })
  yield* Time.pass("1 minute")
  yield* running.drain
  yield* Time.pass("10 days")
}, Effect.scoped)

const crm = (running: Effect.Success<ReturnType<typeof Exporter.start>>) =>
  Effect.map(running.ledger, ({ routes }) => routes["crm"])

describe("events that waited longer than their retention", () => {
  it.effect("while the exporter was down are tried first, also by a remote that needs a while", () =>
    Effect.gen(function* () {
      const { definition, remote, setDown } = world()
      yield* readAndLeave(definition)
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("50 minutes")
      assert.deepStrictEqual((yield* crm(running))?.waiting, { main: events })
      setDown(false)
      yield* Time.pass("30 minutes")
      assert.deepStrictEqual((yield* crm(running))?.delivered, { main: events })
      assert.strictEqual(new Set(Remote.idsOf(remote)).size, events)
    }).pipe(Effect.scoped, memory)
  )

  it.effect("become dead letters when the lane has delivered nothing for an hour since", () =>
    Effect.gen(function* () {
      const { definition } = world()
      yield* readAndLeave(definition)
      const running = yield* Exporter.start(definition, { follow: true })
      yield* Time.pass("59 minutes")
      assert.deepStrictEqual((yield* crm(running))?.dead, {})
      yield* Time.pass("5 minutes")
      assert.deepStrictEqual((yield* crm(running))?.dead, { expired: events })
    }).pipe(Effect.scoped, memory)
  )

  it.effect("only by a clock that was set forward are tried first", () =>
    Effect.gen(function* () {
      const { definition, remote, setDown } = world({ size: 1000, whenFull: "hold" })
      setDown(false)
      const clock = yield* Clock.clockWith(Effect.succeed)
      let ahead = 0
      const wall = () => clock.currentTimeMillisUnsafe() + ahead
      const running = yield* Exporter.start(definition, { follow: true }).pipe(
        Effect.provideService(Clock.Clock, {
          ...clock,
          currentTimeMillisUnsafe: wall,
          currentTimeMillis: Effect.sync(wall)
        })
      )
      setDown(true)
      yield* Time.pass("1 minute")
      ahead = 365 * 24 * 60 * 60 * 1000
      yield* Time.pass("30 minutes")
      assert.deepStrictEqual((yield* crm(running))?.dead, {})
      setDown(false)
      yield* Time.pass("30 minutes")
      assert.deepStrictEqual((yield* crm(running))?.delivered, { main: events })
      assert.strictEqual(new Set(Remote.idsOf(remote)).size, events)
    }).pipe(Effect.scoped, memory)
  )

  it.effect("in a lane whose share is full are not set aside by such a clock either", () =>
    Effect.gen(function* () {
      const { definition, setDown } = world({ size: 1000, whenFull: "set-aside" })
      const clock = yield* Clock.clockWith(Effect.succeed)
      let ahead = 0
      const wall = () => clock.currentTimeMillisUnsafe() + ahead
      const running = yield* Exporter.start(definition, { follow: true }).pipe(
        Effect.provideService(Clock.Clock, {
          ...clock,
          currentTimeMillisUnsafe: wall,
          currentTimeMillis: Effect.sync(wall)
        })
      )
      yield* Time.pass("10 seconds")
      ahead = 365 * 24 * 60 * 60 * 1000
      yield* Time.pass("20 seconds")
      assert.deepStrictEqual((yield* crm(running))?.dead, {})
      setDown(false)
      yield* Time.pass("10 seconds")
      // The source goes on as there is room again.
      yield* Time.pass("10 seconds")
      assert.deepStrictEqual((yield* crm(running))?.delivered, { main: events })
    }).pipe(Effect.scoped, memory)
  )
})
