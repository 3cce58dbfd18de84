import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Sample } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { vi } from "vitest"
import * as Recorder from "./support/recorder.ts"

// As of a share that another machine serves.
vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  watch: () => {
    throw new Error("no notices are given here")
  }
}))

const folder = mkdtempSync(join(tmpdir(), "millrace-no-notices-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sample = Sample.make({ seed: 5, users: 20 })
let made = 0
const put = (split: string) => {
  const event = sample.event("users.canvas.Entry", made++, 1_782_742_805_000)
  mkdirSync(dirname(join(folder, split)), { recursive: true })
  writeFileSync(join(folder, split), `${JSON.stringify(Sample.toCustomHttp(event))}\n`)
}
const hour = (index: number) =>
  `date=${new Date(Date.UTC(2026, 0, 1, index)).toISOString().slice(0, 13).replace("T", "-")}`

const hours = 400

describe("where the system tells of no changes", () => {
  it.live(
    "a file that comes late, into an hour of long ago, does not wait for a look through all there is",
    () =>
      Effect.gen(function* () {
        for (let index = 0; index < hours; index++) put(`${hour(index)}/a.ndjson`)
        const recorder = Recorder.make()
        const running = yield* Effect.forkChild(
          Recorder.run(recorder, folder, { follow: true, settings: { interval: "10 millis" } })
        )
        const read = Effect.gen(function* () {
          while (recorder.events.length < made) yield* Effect.sleep("5 millis")
        })
        yield* read
        // It says what is present after each look through all there is, one of which may just come.
        for (let looks = -1; recorder.present.length !== looks; ) {
          looks = recorder.present.length
          put(`${hour(0)}/late-${made}.ndjson`)
          yield* read
        }
        assert.strictEqual(recorder.events.length, made)
        yield* Fiber.interrupt(running)
      })
  )
})
