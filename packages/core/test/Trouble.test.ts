import { assert, describe, it } from "@effect/vitest"
import { Exporter, OutboxMemory, Outcome, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Log from "./support/log.ts"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const recorded = () => {
  const { lines, layer } = Log.recorded("route", "lane", "reason")
  return { lines, layer: Layer.merge(OutboxMemory.layer, layer) }
}

/** Runs until the first attempts have been answered. */
const following = (remote: Remote.Remote, answer: Remote.Answer, count = 300) =>
  Effect.tap(
    Exporter.start(
      Exporter.from(Source.fromArray(Remote.events(count)))
        .route("crm")
        .to(Remote.destination(remote, { answer }), { retention: "1 day" }),
      { follow: true }
    ),
    () => Time.pass("1 second")
  )

describe("trouble of a lane", () => {
  it.effect("is one line when it begins, one when its reason changes, and one when it ends", () => {
    const { lines, layer } = recorded()
    let answer: Outcome.DeliveryError["outcome"] | undefined = Outcome.retry("no-answer", {
      detail: "nobody listens"
    })
    return Effect.gen(function* () {
      const running = yield* following(Remote.make(), () => answer)
      yield* Time.pass("10 seconds")
      assert.deepStrictEqual(lines, [
        "Warn crm main no-answer: attempts fail: no-answer: nobody listens; its events wait and are tried again"
      ])
      const [before] = yield* running.lanes
      assert.strictEqual(before?.reason, "no-answer")
      assert.isAtMost(before?.failingSince ?? Infinity, 1500)
      assert.isUndefined(before?.lastSuccess)
      answer = Outcome.retry("unavailable", { detail: "status 503" })
      yield* Time.pass("5 minutes")
      answer = undefined
      yield* Time.pass("2 minutes")
      assert.strictEqual(lines.length, 3, lines.join("\n"))
      assert.strictEqual(
        lines[1],
        "Warn crm main unavailable: attempts still fail: unavailable: status 503; its events wait and are tried again"
      )
      assert.match(lines[2]!, /^Info crm main : attempts succeed again, after \dm/)
      const [after] = yield* running.lanes
      assert.isUndefined(after?.failingSince)
      assert.isUndefined(after?.reason)
      assert.isAbove(after?.lastSuccess ?? 0, 300_000)
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("whose reason changes with every attempt is a line a minute at the most", () => {
    const { lines, layer } = recorded()
    let attempts = 0
    return Effect.gen(function* () {
      yield* following(Remote.make(), () => Outcome.retry(++attempts % 2 === 0 ? "unavailable" : "no-answer"))
      for (let second = 0; second < 45; second++) yield* Time.pass("1 second")
      assert.isAbove(attempts, 5)
      assert.strictEqual(lines.length, 1, lines.join("\n"))
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("is told when the remote asked to wait, with the time of the next attempt", () => {
    const { lines, layer } = recorded()
    return Effect.gen(function* () {
      yield* following(Remote.make(), () =>
        Outcome.retry("throttled", { detail: "status 429", after: "2 hours" })
      )
      yield* Time.pass("10 seconds")
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0], "throttled: attempts fail: throttled: status 429")
      assert.include(lines[0], "the next attempt is at 1970-01-01T02:00:")
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("is none while the attempt after a failed one succeeds", () => {
    const { lines, layer } = recorded()
    const remote = Remote.make()
    let attempts = 0
    return Effect.gen(function* () {
      yield* following(
        remote,
        () => (++attempts % 3 === 0 ? Outcome.retry("unavailable", { detail: "status 503" }) : undefined),
        1000
      )
      for (let second = 0; second < 30; second++) yield* Time.pass("1 second")
      assert.strictEqual(Remote.idsOf(remote).length, 1000)
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("is told when the gate closes, when an operator pauses the lane, and when either is over", () => {
    const { lines, layer } = recorded()
    let isValid = false
    return Effect.gen(function* () {
      const running = yield* following(Remote.make(), () =>
        isValid ? undefined : Outcome.unauthorized("unauthorized", "the key was refused")
      )
      yield* Time.pass("1 hour")
      isValid = true
      yield* Time.pass("10 minutes")
      yield* running.pause({ route: "crm", lane: "main" }, true)
      yield* running.pause({ route: "crm", lane: "main" }, false)
      assert.strictEqual(lines.length, 4, lines.join("\n"))
      assert.strictEqual(
        lines[0],
        "Warn crm main unauthorized: the lane is closed: the key was refused; its events wait"
      )
      assert.match(lines[1]!, /^Info crm main : the lane is open again, after 1h/)
      assert.strictEqual(lines[2], "Info crm main paused: an operator paused the lane; its events wait")
      assert.strictEqual(lines[3], "Info crm main : an operator let the lane go on")
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
})

describe("events that end together", () => {
  it.effect("as dead letters are one line with their number", () => {
    const { lines, layer } = recorded()
    return Effect.gen(function* () {
      yield* following(Remote.make(), () => Outcome.unauthorized("unauthorized"), 5000)
      yield* Time.pass("25 hours")
      const endings = lines.filter((line) => line.includes("dead letter"))
      assert.deepStrictEqual(endings, [
        "Warn crm main expired: 5000 events are dead letters now (expired): waited longer than its retention; nothing is lost, and a replay sends again"
      ])
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("after refusals are a line a minute at the most", () => {
    const { lines, layer } = recorded()
    return Effect.gen(function* () {
      yield* following(
        Remote.make(),
        (_request, batch) =>
          Outcome.Outcomes.each(batch, () => Outcome.rejected("bad-request", "no such attribute")),
        600
      )
      yield* Time.pass("1 hour")
      const counts = lines.map((line) => Number(/: (\d+) events? /.exec(line)?.[1]))
      assert.strictEqual(
        counts.reduce((sum, count) => sum + count, 0),
        600,
        lines.join("\n")
      )
      assert.isBelow(lines.length, 5)
      assert.include(lines[0], "(bad-request): no such attribute")
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
})
