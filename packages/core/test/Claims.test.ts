import { assert, describe, it } from "@effect/vitest"
import { Exporter, type Intake, Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const chunkAt = (at: number): Intake.Chunk => ({
  events: [Remote.event(at)],
  malformed: [],
  split: "a",
  checkpoint: String(at + 1)
})

const start = (run: Source.Source["run"], remote: Remote.Remote) =>
  Exporter.start(
    Exporter.from({ ...Source.fromArray([]), run })
      .route("crm")
      .to(Remote.destination(remote)),
    { follow: true }
  )

/** Runs one source over a new outbox for a while. */
const once = (run: Source.Source["run"], remote = Remote.make()) =>
  Effect.andThen(start(run, remote), Time.pass("1 second")).pipe(
    Effect.scoped,
    Effect.provide(OutboxMemory.layer)
  )

/** An outbox of one among several: every lease ends as it is told. */
const contested = () => {
  const revoked = Deferred.makeUnsafe<void>()
  const lost = Deferred.makeUnsafe<void>()
  const layer = Layer.effect(
    Outbox.Outbox,
    Effect.map(OutboxMemory.make, (outbox) =>
      Outbox.Outbox.of({
        ...outbox,
        lease: (names, most) =>
          Effect.map(outbox.lease(names, most), (leases) =>
            leases.map((lease) =>
              lease.name.includes('"split"')
                ? { ...lease, revoked: Deferred.await(revoked), lost: Deferred.await(lost) }
                : lease
            )
          )
      })
    )
  )
  return {
    revoke: Deferred.succeed(revoked, undefined),
    lose: Deferred.succeed(lost, undefined),
    layer
  }
}

/** A source that appends one event a second, and what came of its claim. */
const slow = (heeds: boolean) => {
  const found: Array<Intake.Claimed<string>> = []
  const run: Source.Source["run"] = Effect.fnUntraced(function* (intake) {
    const claimed = yield* intake.claim(
      "a",
      Effect.fnUntraced(function* (after, { revoked }) {
        const asked = yield* Effect.forkChild(revoked, { startImmediately: true })
        for (let at = Number(Option.getOrElse(after, () => "0")); ; at++) {
          yield* intake.append(chunkAt(at))
          // Sleeps, in virtual time, as a slow source.
          yield* Effect.sleep("1 second")
          if (heeds && asked.pollUnsafe() !== undefined) return `gave up after ${at + 1}`
        }
      })
    )
    found.push(claimed)
    return yield* Effect.never
  })
  return { run, found }
}

describe("a claim", () => {
  it.effect("tells what the reading yields when it finished, and that another has the split", () =>
    Effect.gen(function* () {
      const found: Array<Intake.Claimed<unknown>> = []
      yield* once(
        Effect.fnUntraced(function* (intake) {
          const outer = yield* intake.claim(
            "a",
            Effect.fnUntraced(function* () {
              found.push(yield* intake.claim("a", () => Effect.die("read twice at once")))
              return "all of it"
            })
          )
          found.push(outer)
          return yield* Effect.never
        })
      )
      assert.deepStrictEqual(found, [{ _tag: "Elsewhere" }, { _tag: "Finished", value: "all of it" }])
    })
  )

  it.effect(
    "of a split that is wanted elsewhere is given up by the source, when what is under way has ended",
    () =>
      Effect.gen(function* () {
        const remote = Remote.make()
        const { run, found } = slow(true)
        const { layer, revoke } = contested()
        yield* Effect.gen(function* () {
          yield* start(run, remote)
          yield* Time.pass("3 seconds")
          yield* revoke
          yield* Time.pass("2 seconds")
          const events = Remote.idsOf(remote).length
          assert.deepStrictEqual(found, [{ _tag: "Finished", value: `gave up after ${events}` }])
        }).pipe(Effect.scoped, Effect.provide(layer))
      })
  )

  it.effect("that is not given up in time is interrupted, and so is one that is lost", () =>
    Effect.gen(function* () {
      for (const how of ["revoke", "lose"] as const) {
        const { run, found } = slow(false)
        const elsewhere = contested()
        yield* Effect.gen(function* () {
          yield* start(run, Remote.make())
          yield* Time.pass("3 seconds")
          yield* elsewhere[how]
          yield* Time.pass("20 seconds")
          assert.strictEqual(found.length, how === "lose" ? 1 : 0)
          yield* Time.pass("20 seconds")
          assert.deepStrictEqual(found, [{ _tag: "Lost" }])
        }).pipe(Effect.scoped, Effect.provide(elsewhere.layer))
      }
    })
  )

  it.effect("is given up between two chunks by a source of splits", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const { layer, revoke } = contested()
      let read = 0
      let isEnded = false
      const splits = Source.fromSplits({
        discover: () => Stream.make("a"),
        read: () =>
          Stream.fromIterable(Array.from({ length: 100 }, (_, at) => at)).pipe(
            Stream.mapEffect((at) => Effect.delay(Effect.succeed(chunkAt(at)), "1 second")),
            Stream.rechunk(1),
            Stream.tap(() => Effect.sync(() => read++))
          )
      })
      yield* Effect.gen(function* () {
        yield* start(
          (intake, options) =>
            Effect.andThen(
              splits(intake, options),
              Effect.sync(() => {
                isEnded = true
              })
            ),
          remote
        )
        yield* Time.pass("10 seconds")
        assert.isFalse(isEnded)
        yield* revoke
        yield* Time.pass("3 seconds")
        assert.isTrue(isEnded)
        assert.isBelow(read, 20)
        assert.strictEqual(Remote.idsOf(remote).length, read)
      }).pipe(Effect.scoped, Effect.provide(layer))
    })
  )
})
