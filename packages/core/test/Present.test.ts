import { assert, describe, it } from "@effect/vitest"
import { Exporter, type Intake, OutboxMemory, Source } from "@millrace/core"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Log from "./support/log.ts"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const chunkOf = (split: Intake.Split): Intake.Chunk => ({
  events: [Remote.event(1)],
  malformed: [],
  split,
  checkpoint: "end"
})

type Say = (intake: Intake.Intake, files: ReadonlySet<string>) => Effect.Effect<void, Source.SourceError>

/** After each look, which files are there. */
const telling: Say = (intake, files) =>
  intake.present((splits) => Effect.succeed(splits.filter((split) => files.has(split))))

/** A running exporter of files that come and go, which looks at them when it is told. */
const watching = Effect.fnUntraced(function* (options: Pick<Exporter.Definition, "checkpointRetention">) {
  const files = new Set<string>()
  const read: Array<string> = []
  const asked = yield* Queue.unbounded<{ readonly say: Say; readonly done: Deferred.Deferred<void> }>()
  const looking = Effect.fnUntraced(function* (intake: Intake.Intake, say: Say) {
    for (const split of files) {
      yield* intake.claim(split, (after) => {
        if (Option.isSome(after)) return Effect.void
        read.push(split)
        return intake.append(chunkOf(split))
      })
    }
    yield* say(intake, files)
  })
  const source: Source.Source = {
    ...Source.fromArray([]),
    run: Effect.fnUntraced(function* (intake) {
      for (;;) {
        const { say, done } = yield* Queue.take(asked)
        yield* Effect.ensuring(looking(intake, say), Deferred.succeed(done, undefined))
      }
    })
  }
  const exporter = Exporter.from(source, options).route("crm").to(Remote.destination(Remote.make()))
  yield* Exporter.start(exporter, { follow: true })
  /** Lets time pass, and then has all files looked at. */
  const look = Effect.fnUntraced(function* (after: Duration.Input, say: Say = telling) {
    yield* TestClock.adjust(after)
    const done = yield* Deferred.make<void>()
    yield* Queue.offer(asked, { say, done })
    yield* Deferred.await(done)
  })
  const days = Effect.fnUntraced(function* (count: number, say: Say = telling) {
    for (let day = 0; day < count; day++) yield* look("1 day", say)
  })
  return { files, read, look, days }
})

const memory = Effect.provide(OutboxMemory.layer)

describe("a split that is gone", () => {
  it.effect("is forgotten after the checkpoint retention, and no sooner", () => {
    const { lines, layer } = Log.recorded("source")
    return Effect.gen(function* () {
      const { files, read, days } = yield* watching({ checkpointRetention: "8 days" })
      for (const name of ["stays", "back soon", "back late"]) files.add(name)
      yield* days(1)
      files.delete("back soon")
      files.delete("back late")
      yield* days(7)
      files.add("back soon")
      yield* days(10)
      files.add("back late")
      yield* days(30)
      assert.deepStrictEqual(read, ["stays", "back soon", "back late", "back late"])
      assert.deepStrictEqual(
        lines.filter((line) => line.includes("forgot")),
        [
          "Info default: forgot the checkpoints of 1 splits that were gone on 8 days; one that comes back is read again"
        ]
      )
    }).pipe(Effect.scoped, memory, Effect.provide(layer))
  })

  it.effect("is kept for ninety days by default", () =>
    Effect.gen(function* () {
      const { files, read, days } = yield* watching({})
      files.add("a")
      yield* days(1)
      files.delete("a")
      yield* days(89)
      files.add("a")
      yield* days(1)
      assert.deepStrictEqual(read, ["a"])
      files.delete("a")
      yield* days(92)
      files.add("a")
      yield* days(1)
      assert.deepStrictEqual(read, ["a", "a"])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is not forgotten because a clock jumps, or an exporter was off for long", () =>
    Effect.gen(function* () {
      const { files, read, look } = yield* watching({ checkpointRetention: "8 days" })
      files.add("a")
      yield* look("1 day")
      files.delete("a")
      for (let looks = 0; looks < 7; looks++) yield* look("365 days")
      files.add("a")
      yield* look("1 day")
      assert.deepStrictEqual(read, ["a"])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is not forgotten while its source says nothing, or cannot tell, or when it is asked once", () =>
    Effect.gen(function* () {
      const { files, read, days } = yield* watching({ checkpointRetention: "4 days" })
      files.add("a")
      yield* days(1)
      files.delete("a")
      yield* days(50, () => Effect.void)
      yield* days(50, (intake) =>
        Effect.ignore(intake.present(() => Effect.fail("the share is not mounted")))
      )
      yield* days(1)
      files.add("a")
      yield* days(1)
      assert.deepStrictEqual(read, ["a"])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("fails its source where that cannot tell, as it says", () =>
    Effect.gen(function* () {
      const { files, look } = yield* watching({ checkpointRetention: "1 day" })
      files.add("a")
      yield* look("1 day")
      const failures: Array<string> = []
      const detail = "the share is not mounted"
      yield* look("1 day", (intake) =>
        Effect.catch(
          intake.present(() => Effect.fail(new Source.SourceError({ detail }))),
          (error) => Effect.sync(() => void failures.push(error.detail))
        )
      )
      assert.deepStrictEqual(failures, [detail])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is not forgotten because an exporter ends each day before it has asked for all", () =>
    Effect.gen(function* () {
      const retention = { checkpointRetention: "4 days" } as const
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { files, days } = yield* watching(retention)
          files.add("a")
          yield* days(1)
        })
      )
      for (let lives = 0; lives < 20; lives++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { look } = yield* watching(retention)
            const asked = yield* Deferred.make<void>()
            const hangs: Say = (intake) =>
              intake.present(() => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never))
            yield* Effect.forkScoped(look("1 day", hangs))
            // As long as it was read lately, it is not asked for.
            yield* Effect.raceFirst(Deferred.await(asked), Time.pass("1 day"))
          })
        )
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { files, read, days } = yield* watching(retention)
          yield* days(1)
          files.add("a")
          yield* days(1)
          assert.deepStrictEqual(read, [])
        })
      )
    }).pipe(memory)
  )

  it.effect("is asked for once a day, and what is there now and then", () =>
    Effect.gen(function* () {
      const { files, look } = yield* watching({ checkpointRetention: "8 days" })
      files.add("there")
      files.add("gone")
      yield* look("1 day")
      files.delete("gone")
      const asked: Array<ReadonlyArray<string>> = []
      for (let hour = 0; hour < 6 * 24; hour++) {
        yield* look("1 hour", (intake) =>
          intake.present((splits) => {
            asked.push([...splits].sort())
            return Effect.succeed(splits.filter((split) => files.has(split)))
          })
        )
      }
      assert.deepStrictEqual(asked, [
        ["gone", "there"],
        ["gone"],
        ["gone", "there"],
        ["gone"],
        ["gone", "there"]
      ])
    }).pipe(Effect.scoped, memory)
  )

  it.effect("is told by a source of splits: when all is read, and every hour while it follows", () =>
    Effect.gen(function* () {
      let asked = 0
      const files = new Set(["a", "b"])
      const read: Array<string> = []
      const source: Source.Source = {
        ...Source.fromArray([]),
        run: Source.fromSplits({
          discover: ({ follow }) =>
            follow
              ? Stream.concat(Stream.fromIterable([...files]), Stream.never)
              : Stream.fromIterable([...files]),
          read: (split, after) => {
            if (Option.isSome(after)) return Stream.empty
            read.push(split)
            return Stream.make(chunkOf(split))
          },
          present: (splits) => {
            // It fails each other time.
            return ++asked % 2 === 1
              ? Effect.fail(new Source.SourceError({ detail: "the share is not mounted" }))
              : Effect.succeed(splits.filter((split) => files.has(split)))
          }
        })
      }
      const exporter = Exporter.from(source, { checkpointRetention: "2 days" })
        .route("crm")
        .to(Remote.destination(Remote.make()))
      const run = Effect.scoped(Effect.flatMap(Exporter.start(exporter), ({ ended }) => ended))
      yield* run
      files.delete("a")
      const following = Effect.scoped(
        Effect.andThen(Exporter.start(exporter, { follow: true }), Time.pass("4 days"))
      )
      yield* following
      files.add("a")
      for (const _ of [1, 2]) assert.isUndefined((yield* run).sourceError)
      assert.deepStrictEqual(read, ["a", "b", "a"])
    }).pipe(Effect.scoped, memory)
  )
})
