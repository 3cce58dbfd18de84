import { assert, describe, it } from "@effect/vitest"
import { Sample } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import { folders, idsOf, makeEvents, textOf } from "./support/lines.ts"
import * as Recorder from "./support/recorder.ts"

const folderOf = folders()

const events = makeEvents(3)
const forms = {
  "a line each": textOf(events),
  "lines that a carriage return ends": textOf(events, "\r"),
  "objects over several lines": events
    .map((event) => JSON.stringify(Sample.toCustomHttp(event), undefined, 2))
    .join("\n")
}

describe("a file of lines whose first line is bad", () => {
  for (const [form, text] of Object.entries(forms)) {
    it.live(`costs that line alone: ${form}`, () =>
      Effect.gen(function* () {
        for (const bad of [
          "[[]]",
          "[{}]",
          "[",
          "null",
          "not json",
          "\0\0\0",
          "\u001b[31m",
          "[".repeat(6000)
        ]) {
          const recorder = Recorder.make()
          const end = form.includes("carriage") ? "\r" : "\n"
          yield* Recorder.run(recorder, folderOf({ "a.ndjson": `${bad}${end}${text}` }))
          assert.deepStrictEqual(idsOf(recorder.events), idsOf(events), bad.slice(0, 20))
          assert.deepStrictEqual(
            recorder.bad.map(({ raw }) => Buffer.from(raw).toString()),
            [bad]
          )
        }
      })
    )
  }

  it.live("that begins a list gives the events of the list", () =>
    Effect.gen(function* () {
      const lines = textOf(events, ",\n").replace(/,\n$/, "\n")
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, folderOf({ "a.json": `[\n${lines}]\n` }))
      assert.deepStrictEqual(idsOf(recorder.events), idsOf(events))
      assert.deepStrictEqual(
        recorder.bad.map(({ raw }) => Buffer.from(raw).toString()),
        ["[", ",", ",", "]"]
      )
    })
  )
})
