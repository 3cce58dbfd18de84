import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Catalogue, Destination, Exporter, Message, OutboxMemory, Outcome } from "@millrace/core"
import { Sample } from "@millrace/events-braze"
import { files } from "@millrace/source-files"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import * as Recorder from "./support/recorder.ts"

const base = mkdtempSync(join(tmpdir(), "millrace-present-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const sample = Sample.make({ seed: 5, users: 20 })
const put = (folder: string, ...splits: ReadonlyArray<string>) => {
  for (const [index, split] of splits.entries()) {
    const event = sample.event("users.canvas.Entry", index, 1_782_742_805_000)
    mkdirSync(dirname(join(folder, split)), { recursive: true })
    writeFileSync(join(folder, split), `${JSON.stringify(Sample.toCustomHttp(event))}\n`)
  }
}
const folderOf = (...splits: ReadonlyArray<string>) => {
  const folder = mkdtempSync(join(base, "folder-"))
  put(folder, ...splits)
  return folder
}

const early = "date=2026-06-01-00/a.ndjson"
const late = "date=2026-06-29-00/a.ndjson"

describe("files that are gone", () => {
  it.live("are told from those that are there, and from those that cannot be asked for", () =>
    Effect.gen(function* () {
      const folder = folderOf(early, late, "goes.ndjson")
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, folder)
      assert.deepStrictEqual(recorder.present, [[early, late, "goes.ndjson"]])
      rmSync(join(folder, "goes.ndjson"))
      rmSync(join(folder, dirname(late)), { recursive: true })
      const tooLong = `${"x".repeat(300)}.ndjson`
      recorder.checkpoints.set(tooLong, "v1:0:0:0:0:complete")
      // An hour that is not looked at is there all the same.
      put(folder, "date=2026-06-30-00/a.ndjson")
      yield* Recorder.run(recorder, folder, { settings: { from: "2026-06-02" } })
      assert.deepStrictEqual(recorder.present[1], [early, "date=2026-06-30-00/a.ndjson", tooLong])
    })
  )

  it.live("are not told by a folder that is empty, that went under way, or that is a file", () =>
    Effect.gen(function* () {
      const folder = folderOf("a.ndjson", "b.ndjson")
      const recorder = Recorder.make()
      const running = yield* Effect.forkChild(
        Recorder.run(recorder, folder, { follow: true, settings: { interval: "10 millis" } })
      )
      const until = Effect.fnUntraced(function* (holds: () => boolean) {
        while (!holds()) yield* Effect.sleep("5 millis")
      })
      yield* until(() => recorder.present.length > 0)
      for (const name of ["a.ndjson", "b.ndjson"]) rmSync(join(folder, name))
      const isGone = () => recorder.problems.at(-1)?.some(({ reason }) => reason === "gone") ?? false
      yield* until(isGone)
      yield* Fiber.interrupt(running)
      assert.include(
        recorder.present.map((there) => there.join()),
        "a.ndjson,b.ndjson"
      )
      assert.notInclude(
        recorder.present.map((there) => there.join()),
        ""
      )

      // Nor is it after a start.
      const told = recorder.present.length
      const again = yield* Effect.forkChild(
        Recorder.run(recorder, folder, { follow: true, settings: { interval: "10 millis" } })
      )
      const before = recorder.problems.length
      yield* until(() => recorder.problems.length >= before + 3)
      yield* Fiber.interrupt(again)
      assert.strictEqual(recorder.present.length, told)

      const single = Recorder.make()
      yield* Recorder.run(single, join(folderOf("a.ndjson"), "a.ndjson"))
      assert.deepStrictEqual([single.events.length, single.present], [1, []])

      const moved = folderOf("a.ndjson")
      const asked = Recorder.make()
      yield* Recorder.run(asked, moved, {
        onPresent: () => {
          renameSync(moved, `${moved}-away`)
          mkdirSync(moved)
        }
      })
      assert.deepStrictEqual([asked.events.length, asked.present], [1, []])
    })
  )

  it.effect("are forgotten after the checkpoint retention: one that comes back is read again", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const destination = Destination.plugin({
        name: "list",
        accepts: Catalogue.any,
        settings: Schema.Struct({}),
        credentials: Schema.Struct({}),
        open: () =>
          Destination.opened({
            lanes: [{ name: "main" }],
            limits: {
              messages: 10,
              events: 10,
              bytes: 100_000,
              messageBytes: 10_000,
              messageEvents: 1,
              concurrency: 1,
              window: 0
            },
            assign: () => Destination.to("main"),
            prepare: ([event]) => Result.succeed(Message.json(event.id, {})),
            connect: () =>
              Destination.connected({
                deliver: (batch) =>
                  Effect.sync(() => {
                    sent.push(...batch.ids)
                    return Outcome.Outcomes.all(batch, Outcome.delivered)
                  }),
                check: Effect.void
              })
          })
      })
      const folder = folderOf(early, "stays.ndjson")
      const exporter = Exporter.from(files({ settings: { path: folder, format: "braze-currents" } }), {
        checkpointRetention: "8 days"
      })
        .route("list")
        .to(destination({ settings: {}, credentials: {} }))
      const days = Effect.fnUntraced(function* (count: number) {
        for (let day = 0; day < count; day++) yield* Effect.andThen(exporter.run, TestClock.adjust("1 day"))
      })
      yield* days(1)
      const away = join(base, "away")
      renameSync(join(folder, early), away)
      yield* days(7)
      renameSync(away, join(folder, early))
      yield* days(3)
      assert.strictEqual(sent.length, 2)
      renameSync(join(folder, early), away)
      // The share is not mounted for long.
      renameSync(folder, `${folder}-away`)
      mkdirSync(folder)
      for (let day = 0; day < 30; day++) {
        yield* Effect.flip(exporter.run)
        yield* TestClock.adjust("1 day")
      }
      rmSync(folder, { recursive: true })
      renameSync(`${folder}-away`, folder)
      yield* days(4)
      assert.strictEqual(sent.length, 2)
      yield* days(8)
      renameSync(away, join(folder, early))
      yield* days(2)
      assert.strictEqual(sent.length, 3)
      assert.strictEqual(new Set(sent).size, 2)
    }).pipe(Effect.provide(OutboxMemory.layer))
  )
})
