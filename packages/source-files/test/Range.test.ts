/** A part of the past, by the hours of files. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Sample } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Recorder from "./support/recorder.ts"

const base = mkdtempSync(join(tmpdir(), "millrace-range-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const sample = Sample.make({ seed: 5, users: 20 })
const line = `${JSON.stringify(Sample.toCustomHttp(sample.event("users.canvas.Entry", 1, 1_782_742_805_000)))}\n`
const at = (text: string) => Date.parse(`${text}:00:00Z`)

const put = (split: string, modified = "2026-11-20T00") => {
  const path = join(base, split)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, line)
  utimesSync(path, at(modified) / 1000, at(modified) / 1000)
}

const [click, open] = ["event_type=users.messages.email.Click", "event_type=users.messages.email.Open"]
for (const type of [open, click]) {
  for (const hour of ["2026-11-01-22", "2026-11-01-23", "2026-11-02-00"]) put(`${type}/date=${hour}/a.ndjson`)
}
put("loose.ndjson", "2026-11-01T23")
put("later.ndjson", "2026-11-02T05")

const readIn = Effect.fnUntraced(function* (from: string, to: string, types?: ReadonlyArray<string>) {
  const recorder = Recorder.make()
  const range = { from: at(from), to: at(to), ...(types === undefined ? {} : { types }) }
  yield* Recorder.run(recorder, base, { range })
  assert.strictEqual(recorder.consumed, recorder.expected)
  return recorder.claimed
})

describe("a range", () => {
  it.live(
    "has those without an hour in their path that were written in its hours, then its own, the oldest hour first",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* readIn("2026-11-01T22", "2026-11-02T00"), [
          "loose.ndjson",
          `${click}/date=2026-11-01-22/a.ndjson`,
          `${open}/date=2026-11-01-22/a.ndjson`,
          `${click}/date=2026-11-01-23/a.ndjson`,
          `${open}/date=2026-11-01-23/a.ndjson`
        ])
      })
  )

  it.live("of types passes over folders of others, and reads what has no type in its path", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readIn("2026-11-01T23", "2026-11-02T01", ["users.messages.email.Open"]), [
        "loose.ndjson",
        `${open}/date=2026-11-01-23/a.ndjson`,
        `${open}/date=2026-11-02-00/a.ndjson`
      ])
    })
  )

  it.live("without a file ends with nothing read", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readIn("2020-01-01T00", "2020-01-02T00"), [])
      assert.deepStrictEqual(yield* readIn("2030-01-01T00", "2030-01-02T00"), [])
    })
  )
})
