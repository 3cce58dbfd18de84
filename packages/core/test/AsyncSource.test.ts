import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Catalogue, Exporter, type Intake, Ledger, Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Log from "./support/log.ts"
import * as Remote from "./support/remote.ts"

const pageOf = (at: number): Intake.Chunk => ({
  events: [Remote.event(at)],
  malformed: [],
  split: "pages",
  checkpoint: String(at + 1)
})

type Run = Parameters<typeof Source.fromAsync>[0]

const sourceOf = (run: Run): Source.Source => ({ ...Source.fromArray([]), run: Source.fromAsync(run) })

const start = (run: Run, remote = Remote.make(), follow = false) =>
  Exporter.start(Exporter.from(sourceOf(run)).route("crm").to(Remote.destination(remote)), { follow })

const memory = Effect.provide(OutboxMemory.layer)

/** What a promise comes to. */
const settled = (promise: Promise<unknown>) =>
  promise.then(
    () => "resolved",
    (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
  )

describe("a source of promises", () => {
  it.live("goes on from its checkpoints, split by split", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const begun: Array<string | undefined> = []
      const upTo =
        (last: number): Run =>
        async (intake) => {
          const claimed = await intake.claim("pages", async (after) => {
            begun.push(after)
            for (let at = Number(after ?? "0"); at < last; at++) await intake.append(pageOf(at))
            return last
          })
          assert.deepStrictEqual(claimed, { _tag: "Finished", value: last })
        }
      for (const last of [3, 5]) {
        const { ended } = yield* start(upTo(last), remote)
        assert.isUndefined((yield* ended).sourceError)
      }
      assert.deepStrictEqual(begun, [undefined, "3"])
      assert.strictEqual(Remote.idsOf(remote).length, 5)
    }).pipe(Effect.scoped, memory)
  )

  it.live("follows until its signal fires; what it asks for later is rejected, never left open", () =>
    Effect.gen(function* () {
      const late = yield* Deferred.make<ReadonlyArray<string>>()
      const reading = yield* Deferred.make<void>()
      const remote = Remote.make()
      const run: Run = async (intake, signal, { follow }) => {
        assert.isTrue(follow)
        await intake.append({ events: [Remote.event(1)], malformed: [] })
        Deferred.doneUnsafe(reading, Effect.void)
        if (!signal.aborted) await once(signal, "abort")
        const answers = await Promise.all([
          settled(intake.append({ events: [Remote.event(2)], malformed: [] })),
          settled(intake.full()),
          settled(intake.claim("pages", async () => undefined))
        ])
        Deferred.doneUnsafe(late, Effect.succeed(answers))
      }
      const running = yield* start(run, remote, true)
      yield* Deferred.await(reading)
      yield* running.drain
      const { ledger } = yield* running.ended
      for (const answer of yield* Deferred.await(late)) assert.include(answer, "the source has ended")
      assert.strictEqual(Ledger.total(ledger, "delivered") + Ledger.total(ledger, "waiting"), 1)
    }).pipe(Effect.scoped, memory)
  )

  it.live("is rejected an append that waits for room when it is to end", () =>
    Effect.gen(function* () {
      const waiting = yield* Deferred.make<void>()
      const rejected = yield* Deferred.make<string>()
      const run: Run = async (intake) => {
        await intake.append({ events: [Remote.event(1)], malformed: [] })
        const more = settled(intake.append({ events: [Remote.event(2)], malformed: [] }))
        Deferred.doneUnsafe(waiting, Effect.void)
        Deferred.doneUnsafe(rejected, Effect.succeed(await more))
      }
      const remote = Remote.destination(Remote.make(), { answer: () => "hang" })
      const running = yield* Exporter.start(Exporter.from(sourceOf(run)).route("crm").to(remote), {
        follow: true,
        drain: "10 millis"
      })
      yield* Deferred.await(waiting)
      yield* running.drain
      assert.include(yield* Deferred.await(rejected), "the source has ended")
    }).pipe(Effect.scoped, Effect.provide(OutboxMemory.layerWith({ bytes: 10 })))
  )

  it.live(
    "is rejected an append that is under way when the outbox fails, and so is the claim around it",
    () =>
      Effect.gen(function* () {
        const rejected = yield* Deferred.make<ReadonlyArray<string>>()
        const failing = Layer.effect(
          Outbox.Outbox,
          Effect.map(OutboxMemory.make, (outbox) =>
            Outbox.Outbox.of({
              ...outbox,
              append: () =>
                Effect.andThen(
                  Effect.sleep("10 millis"),
                  new Outbox.OutboxError({ reason: "Unavailable", detail: "the disk failed" })
                )
            })
          )
        )
        const run: Run = async (intake) => {
          const answers: Array<string> = []
          const claimed = intake.claim("pages", async () => {
            answers.push(await settled(intake.append(pageOf(0))))
            answers.push(await settled(intake.append(pageOf(1))))
          })
          const outside = settled(intake.append({ events: [Remote.event(9)], malformed: [] }))
          answers.unshift(await outside, await settled(claimed))
          Deferred.doneUnsafe(rejected, Effect.succeed(answers))
        }
        yield* Effect.gen(function* () {
          const error = yield* Effect.flip((yield* start(run)).ended)
          assert.include(error.message, "the disk failed")
          const answers = yield* Deferred.await(rejected)
          assert.isAtLeast(answers.length, 2)
          for (const answer of answers) assert.include(answer, "the source has ended")
        }).pipe(Effect.scoped, Effect.provide(failing))
      })
  )

  it.live("is rejected an append when another has overtaken it, and its claim says so", () =>
    Effect.gen(function* () {
      const rejected = yield* Deferred.make<string>()
      const claims: Array<string> = []
      const run: Run = async (intake) => {
        const claimed = await intake.claim("pages", async (_, { signal }) => {
          await intake.append(pageOf(0))
          // The split has gone on meanwhile, as if another instance had read it.
          await intake.append({ ...pageOf(1), split: "pages", checkpoint: "9" })
          const answer = await settled(intake.append(pageOf(2)))
          Deferred.doneUnsafe(rejected, Effect.succeed(`${answer}; aborted: ${signal.aborted}`))
        })
        claims.push(claimed._tag)
      }
      const overtaking = Layer.effect(
        Outbox.Outbox,
        Effect.map(OutboxMemory.make, (outbox) => {
          let appends = 0
          return Outbox.Outbox.of({
            ...outbox,
            append: (entry) =>
              ++appends === 3
                ? Effect.fail(new Outbox.OutboxError({ reason: "Overtaken", detail: "read elsewhere" }))
                : outbox.append(entry)
          })
        })
      )
      yield* Effect.gen(function* () {
        yield* (yield* start(run)).ended
        assert.match(yield* Deferred.await(rejected), /has lost its split.*; aborted: true/)
        assert.deepStrictEqual(claims, ["Lost"])
      }).pipe(Effect.scoped, Effect.provide(overtaking))
    })
  )

  it.live("says which of its splits are there, and is told what it throws when it is asked", () =>
    Effect.gen(function* () {
      const asked: Array<ReadonlyArray<string>> = []
      const failures: Array<string> = []
      const run: Run = async (intake) => {
        await intake.claim("pages", () => intake.append(pageOf(0)))
        const failing = intake.present(async () => {
          throw new Error("the share is not mounted")
        })
        failures.push(await settled(failing))
        await intake.present(async (splits) => {
          asked.push(splits)
          return splits
        })
      }
      const exporter = Exporter.from(sourceOf(run), { checkpointRetention: "1 day" })
      const running = yield* Exporter.start(exporter.route("crm").to(Remote.destination(Remote.make())))
      assert.isUndefined((yield* running.ended).sourceError)
      assert.deepStrictEqual([asked, failures], [[["pages"]], ["the share is not mounted"]])
    }).pipe(Effect.scoped, memory)
  )

  it.live("says by a SourceError what is to be done; whatever else it throws is tried again", () => {
    const { lines, layer } = Log.recorded("reason")
    return Effect.gen(function* () {
      let runs = 0
      const run: Run = async () => {
        runs++
        if (runs === 1) throw new Error("ECONNRESET")
        throw new Source.SourceError({ kind: "fatal", detail: "no such stream" })
      }
      const { sourceError } = yield* (yield* start(run)).ended
      assert.strictEqual(runs, 2)
      assert.strictEqual(sourceError?.message, "no such stream")
      assert.match(lines[0]!, /^Warn failed: the source fails: ECONNRESET/)
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })

  it.live("is told what its reading throws by the claim itself", () =>
    Effect.gen(function* () {
      const caught: Array<unknown> = []
      const thrown = new Error("a broken page")
      const run: Run = async (intake) => {
        await intake
          .claim("pages", async () => {
            throw thrown
          })
          .catch((cause: unknown) => caught.push(cause))
      }
      yield* (yield* start(run)).ended
      assert.deepStrictEqual(caught, [thrown])
    }).pipe(Effect.scoped, memory)
  )

  it.live("gets its credentials anew for each run, as values", () =>
    Effect.gen(function* () {
      let token = "expired"
      const used: Array<string> = []
      const plugin = Source.plugin({
        name: "test-tokens",
        catalogue: Catalogue.any,
        settings: Schema.Struct({}),
        credentials: Schema.Struct({ token: Schema.String }),
        run: (_, credentials) =>
          Source.withCredentials(credentials, ({ token: given }) =>
            Source.fromAsync(async () => {
              used.push(given)
              token = "fresh"
              if (given === "expired") {
                throw new Source.SourceError({ kind: "unauthorized", detail: "the token has expired" })
              }
            })
          )
      })
      const source = plugin({ credentials: Effect.sync(() => ({ token })) })
      const exporter = Exporter.from(source).route("crm").to(Remote.destination(Remote.make()))
      const { sourceError } = yield* (yield* Exporter.start(exporter)).ended
      assert.isUndefined(sourceError)
      assert.deepStrictEqual(used, ["expired", "fresh"])
    }).pipe(Effect.scoped, memory)
  )
})
