import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Sample } from "@millrace/events-braze"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { files } from "../src/index.ts"
import { survey } from "../src/internal/discover.ts"
import * as Standing from "../src/internal/standing.ts"
import * as Trust from "../src/internal/trust.ts"
import * as Recorder from "./support/recorder.ts"

const base = mkdtempSync(join(tmpdir(), "millrace-following-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

let made = 0
const sample = Sample.make({ seed: 5, users: 20 })
const line = () =>
  `${JSON.stringify(Sample.toCustomHttp(sample.event("users.canvas.Entry", made++, 1_782_742_805_000)))}\n`

const put = (path: string, text = line()) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const hour = (index: number) =>
  new Date(Date.UTC(2026, 0, 1, index)).toISOString().slice(0, 13).replace("T", "-")
const pathOf = (type: number, index: number, name = "a.ndjson") =>
  `event_type=type-${type}/date=${hour(index)}/${name}`

const hours = 400
const types = 2

/** Two types of some hundred hours with a file each, all of them old. */
const archive = () => {
  const folder = mkdtempSync(join(base, "archive-"))
  for (let type = 0; type < types; type++) {
    for (let index = 0; index < hours; index++) {
      const path = join(folder, pathOf(type, index))
      put(path)
      utimesSync(path, 1_700_000_000, 1_700_000_000)
    }
  }
  return folder
}

describe("a run that follows a large archive", () => {
  it.live("takes what comes, wherever it comes, grows or goes, without looking through all there is", () =>
    Effect.gen(function* () {
      const folder = archive()
      const recorder = Recorder.make()
      const running = yield* Effect.forkChild(
        // So short that to look through all of it costs too much each time.
        Recorder.run(recorder, folder, { follow: true, settings: { interval: "10 millis" } })
      )
      let expected = hours * types
      const read = Effect.fnUntraced(function* (isSo = () => recorder.events.length >= expected) {
        while (!isSo()) yield* Effect.sleep("5 millis")
        assert.strictEqual(recorder.events.length, expected)
      })
      yield* read()
      for (const path of [
        pathOf(0, hours - 1, "b.ndjson"),
        pathOf(1, hours),
        pathOf(7, hours),
        pathOf(0, 0, "late.ndjson"),
        "elsewhere.ndjson",
        "deeper/than/that.ndjson"
      ]) {
        put(join(folder, path))
        expected++
        yield* read()
      }
      appendFileSync(join(folder, pathOf(1, 3)), line())
      expected++
      yield* read()
      // Written beside and put in place, as sync tools do.
      put(join(folder, ".new"))
      renameSync(join(folder, ".new"), join(folder, pathOf(1, hours, "put.ndjson")))
      expected++
      yield* read()

      const now = () =>
        (recorder.problems.at(-1) ?? []).map(({ split, reason }) => `${split ?? ""} ${reason}`)
      for (const _ of [1, 2]) {
        renameSync(folder, `${folder}-away`)
        yield* read(() => now().join() === " gone")
        renameSync(`${folder}-away`, folder)
        yield* read(() => now().length === 0)
        put(join(folder, pathOf(1, hours + 1, `${expected}.ndjson`)))
        expected++
        yield* read()
      }
      put(join(folder, pathOf(0, hours - 1)), "another\n")
      yield* read(() => now().join() === `${pathOf(0, hours - 1)} replaced`)
      rmSync(join(folder, pathOf(0, hours - 1)))
      yield* read(() => now().length === 0)
      assert.strictEqual(new Set(recorder.events.map(({ id }) => id)).size, expected)
      assert.deepStrictEqual(recorder.logs, [])
      yield* Fiber.interrupt(running)
    })
  )

  it.live(
    "without notices of the system asks for the newest hours and files, and for folders without an hour",
    () =>
      Effect.gen(function* () {
        const folder = archive()
        const standing = Standing.make(folder)
        const found = yield* survey(folder)
        standing.replace(found, statSync(folder))
        const later = (yield* Clock.currentTimeMillis) / 1000 + 60
        const touched = (path: string) => utimesSync(join(folder, path), later, later)
        const none = { folders: new Set<string>(), files: new Set<string>() }
        const ask = Effect.promise(() => standing.ask(none, []))
        for (const path of ["", "event_type=type-1", dirname(pathOf(0, hours - 1))]) touched(path)
        touched(dirname(pathOf(0, 0)))
        const changes = yield* ask
        assert.includeMembers(
          [...(changes?.folders ?? [])],
          ["", "event_type=type-1", dirname(pathOf(0, hours - 1))]
        )
        assert.notInclude(changes?.folders ?? [], dirname(pathOf(0, 0)))
        const all = yield* Effect.promise(() => standing.ask(none, [], "all"))
        assert.include(all?.folders ?? [], dirname(pathOf(0, 0)))
        assert.isBelow(changes?.files.length ?? Infinity, 101)
        assert.isFalse(changes?.isLess)
        renameSync(folder, `${folder}-away`)
        mkdirSync(folder)
        assert.isUndefined(yield* ask)
      })
  )
})

describe("a run that follows a small folder", () => {
  it.live(
    "takes a file when it comes, grows, is renamed or replaced, however rarely it would look by itself",
    () =>
      Effect.gen(function* () {
        const folder = mkdtempSync(join(base, "small-"))
        put(join(folder, pathOf(0, 0)))
        const recorder = Recorder.make()
        const running = yield* Effect.forkChild(
          Recorder.run(recorder, folder, { follow: true, settings: { interval: "30 minutes" } })
        )
        const until = Effect.fnUntraced(function* (isSo: () => boolean) {
          while (!isSo()) yield* Effect.sleep("5 millis")
        })
        const read = (count: number) => until(() => recorder.events.length === count)
        yield* read(1)
        put(join(folder, pathOf(0, 0, "b.ndjson")))
        yield* read(2)
        const text = line()
        put(join(folder, pathOf(0, 0, "written.ndjson")), text.slice(0, 30))
        yield* until(() => recorder.unread.size === 1)
        appendFileSync(join(folder, pathOf(0, 0, "written.ndjson")), text.slice(30))
        yield* read(3)
        put(join(folder, pathOf(0, 0, ".part.ndjson")))
        renameSync(join(folder, pathOf(0, 0, ".part.ndjson")), join(folder, pathOf(0, 0, "c.ndjson")))
        yield* read(4)
        put(join(folder, pathOf(0, 0)), "another\n")
        yield* until(() => (recorder.problems.at(-1) ?? []).some(({ reason }) => reason === "replaced"))
        assert.strictEqual(new Set(recorder.events.map(({ id }) => id)).size, 4)
        yield* Fiber.interrupt(running)
      })
  )

  it.live("looks fifteen times as seldom where the system tells of everything and has nothing to tell", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(base, "idle-"))
      put(join(folder, pathOf(0, 0)))
      const recorder = Recorder.make()
      const looks: Array<number> = []
      const running = yield* Effect.forkChild(
        Recorder.run(recorder, folder, {
          follow: true,
          settings: { interval: "100 millis" },
          onProblems: () => looks.push(performance.now())
        })
      )
      const gap = () => (looks.at(-1) ?? 0) - (looks.at(-2) ?? 0)
      while (looks.length < 3 || gap() < 1400) yield* Effect.sleep("10 millis")
      yield* Fiber.interrupt(running)
    })
  )
})

describe("what the system tells of", () => {
  const hints = (folders: ReadonlyArray<string>, files: ReadonlyArray<string>) => ({
    folders: new Set(folders),
    files: new Set(files)
  })

  it("is relied on until a look finds what it did not tell of by the next one", () => {
    const trust = Trust.make(true)
    trust.onTold(hints(["a"], ["a/1"]))
    trust.onFound(["a/1", "a/2", "a/new/3"])
    trust.onTold(hints([], []))
    assert.isTrue(trust.holds())
    trust.onFound(["b/4"])
    trust.onTold(hints([], ["b/4"]))
    assert.isTrue(trust.holds())
    trust.onFound(["b/5"])
    trust.onTold(hints(["a"], ["b/4"]))
    assert.isFalse(trust.holds())
    trust.onTold(hints(["b"], []))
    assert.isFalse(trust.holds())
    assert.isFalse(Trust.make(false).holds())
  })
})

describe("a file that went and comes back", () => {
  it.live("is opened again, and only what is new in it is read", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(base, "back-"))
      const [stays, goes] = [join(folder, "stays.ndjson"), join(folder, "goes.ndjson")]
      put(stays)
      put(goes)
      const recorder = Recorder.make()
      const running = yield* Effect.forkChild(
        Recorder.run(recorder, folder, { follow: true, settings: { interval: "10 millis" } })
      )
      const until = Effect.fnUntraced(function* (isSo: () => boolean) {
        while (!isSo()) yield* Effect.sleep("5 millis")
      })
      yield* until(() => recorder.events.length === 2)
      const looked = Effect.suspend(() => {
        const before = recorder.problems.length
        return until(() => recorder.problems.length > before + 1)
      })
      const opened = () => recorder.claimed.filter((split) => split === "goes.ndjson").length
      // Not each look goes through all there is.
      while (opened() < 2) {
        renameSync(goes, join(base, "kept.ndjson"))
        yield* looked
        renameSync(join(base, "kept.ndjson"), goes)
        yield* looked
      }
      assert.strictEqual(recorder.events.length, 2)
      appendFileSync(goes, line())
      yield* until(() => recorder.events.length === 3)
      yield* Fiber.interrupt(running)
    })
  )
})

describe("from", () => {
  const from = (text: string) =>
    files.fromUnknown({
      settings: { path: "a", format: "braze-currents", from: text },
      credentials: Effect.succeed({})
    })

  it.live("passes over folders of earlier hours", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(base, "from-"))
      for (const index of [22, 23, 24, 30, 47]) put(join(folder, pathOf(0, index)))
      put(join(folder, "no-hour.ndjson"))
      for (const [text, hoursRead] of [
        ["2026-01-02", [24, 30, 47]],
        ["2026-01-02T06", [30, 47]],
        ["2026-01-01T22:00Z", [22, 23, 24, 30, 47]]
      ] as const) {
        const recorder = Recorder.make()
        yield* Recorder.run(recorder, folder, { settings: { from: text } })
        assert.deepStrictEqual(
          recorder.claimed,
          ["no-hour.ndjson", ...hoursRead.map((index) => pathOf(0, index))],
          text
        )
      }
    })
  )

  it("is a day or an hour", () => {
    for (const text of ["2026-11-01", "2026-11-01T05", "2026-11-01 05:00"])
      assert.isTrue(Result.isSuccess(from(text)), text)
    for (const text of ["", "yesterday", "2026-13-01", "2026-11-01T25", "01.11.2026"])
      assert.isTrue(Result.isFailure(from(text)), text)
  })
})
