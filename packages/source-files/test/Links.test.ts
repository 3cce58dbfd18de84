import { mkdirSync, renameSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { folders, idsOf, makeEvents, textOf } from "./support/lines.ts"
import * as Recorder from "./support/recorder.ts"

const folderOf = folders()
const events = makeEvents(9)
const linesOf = (from: number, to: number) => textOf(events.slice(from, to))

describe("symbolic links", () => {
  it.live("are followed where what they lead to is below the folder; others are problems, each named", () =>
    Effect.gen(function* () {
      const outside = folderOf({
        "b.ndjson": linesOf(3, 5),
        "deep/c.ndjson": linesOf(5, 6),
        "notes.txt": "x"
      })
      const folder = folderOf({
        "a.ndjson": linesOf(0, 2),
        ".kept/d.ndjson": linesOf(6, 8),
        "z.ndjson": linesOf(8, 9)
      })
      symlinkSync(join(folder, ".kept/d.ndjson"), join(folder, "d.ndjson"))
      symlinkSync(join(outside, "b.ndjson"), join(folder, "b.ndjson"))
      symlinkSync(join(outside, "deep"), join(folder, "deep"))
      // By way of another link, and to a folder whose name begins with the folder's own.
      mkdirSync(`${folder}-other`)
      symlinkSync(outside, join(folder, ".kept/way"))
      symlinkSync(".kept/way/b.ndjson", join(folder, "e.ndjson"))
      symlinkSync(`${folder}-other`, join(folder, "other"))
      symlinkSync(join(outside, "notes.txt"), join(folder, "notes.txt"))
      const recorder = Recorder.make()
      const { detail } = yield* Effect.flip(Recorder.run(recorder, folder))
      assert.deepStrictEqual(
        detail
          .split("\n")
          .map((line) => line.slice(folder.length + 1).replace(/;.*/, ""))
          .sort(),
        ["b.ndjson", "deep", "e.ndjson", "other"].map(
          (name) => `${name}: is a symbolic link that leads out of the folder, and is not followed`
        )
      )
      assert.deepStrictEqual([...recorder.checkpoints.keys()].sort(), ["a.ndjson", "d.ndjson", "z.ndjson"])
      assert.deepStrictEqual(idsOf(recorder.events).length, 5)
    })
  )

  it.live("may be the path itself", () =>
    Effect.gen(function* () {
      const folder = folderOf({ "sub/a.ndjson": linesOf(0, 2) })
      symlinkSync("a.ndjson", join(folder, "sub/b.ndjson"))
      const link = `${folder}-link`
      symlinkSync(folder, link)
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, link)
      yield* Recorder.run(recorder, join(link, "sub/b.ndjson"))
      assert.deepStrictEqual([...recorder.checkpoints.keys()], ["sub/a.ndjson", "b.ndjson"])
    })
  )

  it.effect("that lead out are told once by a run that follows", () =>
    Effect.gen(function* () {
      const outside = folderOf({ "b.ndjson": linesOf(3, 5) })
      const folder = folderOf({ "a.ndjson": linesOf(0, 2) })
      symlinkSync(join(outside, "b.ndjson"), join(folder, "b.ndjson"))
      const recorder = Recorder.make()
      const fiber = yield* Effect.forkChild(Recorder.run(recorder, folder, { follow: true }))
      const until = (holds: () => boolean) =>
        Effect.repeat(
          Effect.andThen(
            TestClock.adjust("1 second"),
            Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          ),
          { until: holds }
        )
      yield* until(() => recorder.problems.length > 0)
      // From then on it leads nowhere.
      const before = [...recorder.problems]
      renameSync(join(outside, "b.ndjson"), join(folder, "c.ndjson"))
      yield* until(() => recorder.events.length === 4)
      for (const found of before) {
        assert.deepStrictEqual(
          found.map(({ split, reason }) => [split, reason]),
          [["b.ndjson", "leads-out"]]
        )
        assert.include(found[0]!.detail, "leads out of the folder")
      }
      yield* Fiber.interrupt(fiber)
    })
  )
})
