import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folders, idsOf, jsonOf, makeEvents, textOf } from "./support/lines.ts"
import * as Recorder from "./support/recorder.ts"

const folderOf = folders()

const once = Effect.fnUntraced(function* (path: string) {
  const recorder = Recorder.make()
  yield* Recorder.run(recorder, path)
  return recorder
})

const faults = (recorder: Recorder.Recorder) =>
  recorder.bad.map(({ reason, position }) => `${reason} ${position}`)

const events = makeEvents(2000)
const json = jsonOf(events)
const printed = (lines: ReadonlyArray<string>, space: number | string) =>
  lines.map((line) => JSON.stringify(JSON.parse(line), undefined, space))
const envelopes = Array.from({ length: 20 }, (_, index) => json.slice(index * 100, index * 100 + 100)).map(
  (items) => `{"events":[${items.join()}]}`
)

const forms: { readonly [name: string]: string } = {
  "one after another without anything between": json.join(""),
  "one after another with blanks between, and a line end behind": `${json.join(" \t")}\n`,
  "in lines that a carriage return ends": json.join("\r"),
  "in lines that a carriage return ends, the last one, too": `${json.join("\r")}\r`,
  "in lines of several": Array.from({ length: 200 }, (_, index) =>
    json.slice(index * 10, index * 10 + 10).join("")
  ).join("\n"),
  "printed over several lines": `${printed(json, 2).join("\n")}\n`,
  "printed over several lines that end in \\r\\n": `${printed(json, 4).join("\n").replaceAll("\n", "\r\n")}\r\n`,
  "printed over several lines, one after another": printed(json, "\t").join(""),
  "of all these forms": [
    ...json.slice(0, 300).map((line) => `${line}\n`),
    ...printed(json.slice(300, 700), 2),
    "\r\n\n \t\n",
    ...json.slice(700, 1500).map((line) => `${line}\r`),
    ...json.slice(1500).map((line) => `${line}\r\n`)
  ].join(""),
  "in requests of Custom HTTP": envelopes.join("\n"),
  "in requests that are printed over several lines": printed(envelopes, 2).join("\n"),
  "in requests without anything between": printed(envelopes, 1).join("")
}

describe("objects", () => {
  for (const [form, text] of Object.entries(forms)) {
    it.live(`${form} are all read, with and without a byte order mark, and gzipped`, () =>
      Effect.gen(function* () {
        const marked = `\ufeff${text}`
        const folder = folderOf({ "a.json": text, "b.json": marked, "c.json.gz": gzipSync(marked) })
        const recorder = yield* once(folder)
        for (const split of ["a.json", "b.json", "c.json.gz"])
          assert.match(recorder.checkpoints.get(split)!, /complete/)
        assert.deepStrictEqual(
          [...idsOf(recorder.events)].sort(),
          [...idsOf(events), ...idsOf(events), ...idsOf(events)].sort()
        )
        assert.deepStrictEqual([recorder.bad, recorder.logs, recorder.unread.size], [[], [], 0])
      })
    )

    it.live(`${form} go on exactly there after every possible chunk`, () =>
      Effect.gen(function* () {
        const folder = folderOf({ "a.json": text })
        const whole = yield* once(folder)
        assert.isAbove(whole.chunks.length, 2)
        for (let stopAfter = 1; stopAfter < whole.chunks.length; stopAfter++) {
          const recorder = Recorder.make()
          yield* Recorder.run(recorder, folder, { stopAfter })
          yield* Recorder.run(recorder, folder)
          assert.deepStrictEqual(idsOf(recorder.events), idsOf(events))
          assert.deepStrictEqual(recorder.bad, [])
        }
      })
    )
  }

  it.live("that are cut off are unread, and read on from there", () =>
    Effect.gen(function* () {
      const [first, second, third] = printed(json.slice(0, 3), 2) as [string, string, string]
      const text = `${first}\n${second}\n${third}`
      for (const cut of [
        first.length + 2,
        first.length + 3,
        first.length + 40,
        text.length - 1,
        text.length - 2
      ]) {
        const folder = folderOf({ "a.json": text.slice(0, cut) })
        const recorder = yield* once(folder)
        const unread = recorder.unread.get("a.json")
        const isThird = cut > first.length + 1 + second.length
        assert.deepStrictEqual(unread, {
          byte: Buffer.byteLength(isThird ? `${first}\n${second}\n` : `${first}\n`),
          what: cut === first.length + 2 ? "the last line is incomplete" : "the last object is incomplete"
        })
        assert.strictEqual(recorder.logs.length, 1)
        appendFileSync(join(folder, "a.json"), text.slice(cut))
        yield* Recorder.run(recorder, folder)
        assert.deepStrictEqual(idsOf(recorder.events), idsOf(events.slice(0, 3)))
        assert.deepStrictEqual([recorder.bad, recorder.unread.size], [[], 0])
      }
    })
  )

  it.live("that break a line cost that line alone, wherever they break it", () =>
    Effect.gen(function* () {
      const [one, two, three, four] = json as unknown as [string, string, string, string]
      const at = (text: string) => one.indexOf(text) + text.length
      const cuts = [
        1,
        5,
        at(`"event_type"`),
        at(`"event_type":`),
        at(`"user":`),
        at(`"user":{`),
        at(`"properties":{`),
        one.length - 1
      ]
      for (const cut of cuts) {
        for (const end of ["\n", "\r\n"]) {
          const broken = one.slice(0, cut)
          const text = [two, broken, three, four, ""].join(end)
          for (const whole of [text, text.slice(0, -end.length), [two, broken, three, ""].join(end)]) {
            const recorder = yield* once(folderOf({ "a.ndjson": whole }))
            const read = whole.includes(four) ? [1, 2, 3] : [1, 2]
            assert.deepStrictEqual(
              idsOf(recorder.events),
              read.map((index) => events[index]!.id),
              broken
            )
            const byte = Buffer.byteLength(two) + end.length
            assert.deepStrictEqual(faults(recorder), [`malformed line 2, byte ${byte}`])
            assert.strictEqual(Buffer.from(recorder.bad[0]!.raw).toString(), broken)
            assert.deepStrictEqual(recorder.logs, [])
          }
        }
      }
    })
  )

  it.live("that are bad among others cost themselves alone", () =>
    Effect.gen(function* () {
      const [one, two, three] = json as unknown as [string, string, string]
      const texts: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
        [`${one}{"id":7}${two}\n${three}\n`, ["not-an-event"]],
        [`${one}{"id":tru}${two}\n${three}\n`, ["malformed"]],
        [`${one}, garbage {\n${two}${three}\n`, ["malformed"]],
        [`${one}\r{"half\r${two}\r${three}\r`, ["malformed"]],
        [`${one}\r{"half\r${two}\r${three}\n`, ["malformed"]],
        [`garbage\r${one}\r${two}\r${three}`, ["malformed"]],
        [`${one}\n{"events":[${two},{"id":7},{"id":8}]}${three}\n`, ["not-an-event", "not-an-event"]],
        [`${one}\n{"events":[${two},${"[".repeat(5000)}${"]".repeat(5000)}]}\n${three}`, ["malformed"]]
      ]
      for (const [text, reasons] of texts) {
        const recorder = yield* once(folderOf({ "a.ndjson": text.startsWith("g") ? `\n{}\r${text}` : text }))
        assert.deepStrictEqual(idsOf(recorder.events), idsOf(events.slice(0, 3)), text.slice(-300))
        const bad = recorder.bad.filter(({ raw }) => raw.length > 2).map(({ reason }) => reason)
        assert.deepStrictEqual(bad, reasons)
        assert.deepStrictEqual(recorder.logs, [])
      }
    })
  )

  it.live("beyond 8 MiB over several lines are one dead letter with all that follows", () =>
    Effect.gen(function* () {
      const long = JSON.stringify(
        { events: Array.from({ length: 900_000 }, (_, index) => index) },
        undefined,
        2
      )
      const text = `${textOf(events.slice(0, 2))}${long}\n${json[3]}\n`
      for (const file of [{ "a.json": text }, { "a.json.gz": gzipSync(text) }]) {
        const recorder = yield* once(folderOf(file))
        assert.deepStrictEqual(idsOf(recorder.events), idsOf(events.slice(0, 2)))
        assert.deepStrictEqual(faults(recorder), [
          `too-long line 3, byte ${Buffer.byteLength(textOf(events.slice(0, 2)))}`
        ])
        assert.strictEqual(recorder.bad[0]!.raw.length, 1024 * 1024)
        assert.include(recorder.bad[0]!.detail, `has ${Buffer.byteLength(`${long}\n${json[3]}\n`)} bytes`)
        assert.deepStrictEqual([recorder.unread.size, recorder.logs], [0, []])
      }
    })
  )

  it.live("do not make a file of broken lines slow", () =>
    Effect.gen(function* () {
      const line = `{"a":[1,[2,`
      const text = `${`${line}\n`.repeat(20_000)}${json[0]}\n`
      const recorder = yield* once(folderOf({ "a.ndjson": text }))
      assert.deepStrictEqual([recorder.events.length, recorder.bad.length], [1, 20_000])
    })
  )
})
