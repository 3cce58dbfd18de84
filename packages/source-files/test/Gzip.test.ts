import { appendFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { constants, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folders, idsOf, makeEvents, textOf } from "./support/lines.ts"
import * as Recorder from "./support/recorder.ts"

const folderOf = folders()

const once = Effect.fnUntraced(function* (path: string) {
  const recorder = Recorder.make()
  yield* Recorder.run(recorder, path)
  return recorder
})

const gapsOf = ({ bad }: Recorder.Recorder) => bad.map(({ position, reason }) => `${reason} ${position}`)

/** The same member with a name of so many bytes in its header, which moves all behind it. */
const named = (member: Buffer, length: number): Buffer => {
  const header = Buffer.from(member.subarray(0, 10))
  header[3] = 8
  return Buffer.concat([header, Buffer.alloc(length, "n"), Buffer.alloc(1), member.subarray(10)])
}

const [first, second] = [makeEvents(3, 1), makeEvents(2, 2)]
const one = gzipSync(textOf(first))
const two = gzipSync(textOf(second))

const tails: { readonly [name: string]: Buffer } = {
  "a newline": Buffer.from("\n"),
  "one zero byte": Buffer.alloc(1),
  "zeros up to a whole block": Buffer.alloc(10_240),
  "two megabytes of zeros": Buffer.alloc(2_000_000),
  "plain lines": Buffer.from(textOf(makeEvents(2, 3))),
  "bytes of every value": Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256)),
  "what looks like a member and is none": Buffer.from([0x1f, 0x8b, 8, 0xff, 0, 0, 0, 0, 0, 3, 1, 2, 3])
}

describe("what stands behind a whole gzip member", () => {
  for (const [name, tail] of Object.entries(tails)) {
    it.live(`${name}: the member is kept, the rest is one dead letter that names the byte`, () =>
      Effect.gen(function* () {
        // Wherever the border falls among the pieces that a file is read in.
        for (const shift of [0, 8192 - one.length, 8192 - one.length - 9, 70_000]) {
          const member = shift < 1 ? one : named(one, shift - 1)
          const folder = folderOf({ "a.ndjson.gz": Buffer.concat([member, tail]) })
          const recorder = yield* once(folder)
          assert.deepStrictEqual(idsOf(recorder.events), idsOf(first))
          assert.deepStrictEqual(gapsOf(recorder), [`not-gzip byte ${member.length} of the file on disk`])
          const { detail, raw } = recorder.bad[0]!
          assert.deepStrictEqual(Buffer.from(raw), tail.subarray(0, 1024 * 1024))
          assert.include(detail, `(length in bytes: ${tail.length})`)
          assert.match(recorder.chunks.at(-1)!.checkpoint, /:complete:/)
          assert.deepStrictEqual([recorder.unread.size, recorder.logs], [0, []])
          const chunks = recorder.chunks.length
          yield* Recorder.run(recorder, folder)
          assert.strictEqual(recorder.chunks.length, chunks, "once")
        }
      })
    )

    it.live(`${name}: the member behind it is read`, () =>
      Effect.gen(function* () {
        const folder = folderOf({ "a.ndjson.gz": Buffer.concat([one, tail, two, tail]) })
        const recorder = yield* once(folder)
        assert.deepStrictEqual(idsOf(recorder.events), idsOf([...first, ...second]))
        assert.deepStrictEqual(gapsOf(recorder), [
          `not-gzip byte ${one.length} of the file on disk`,
          `not-gzip byte ${one.length + tail.length + two.length} of the file on disk`
        ])
        assert.deepStrictEqual(
          recorder.bad.map(({ raw }) => raw.length),
          [Math.min(tail.length, 1024 * 1024), Math.min(tail.length, 1024 * 1024)]
        )
      })
    )
  }

  it.live("is told apart at every border of the pieces that a file is read in", () =>
    Effect.gen(function* () {
      const around = [8192, 65_536].flatMap((border) =>
        Array.from({ length: 24 }, (_, index) => border - 12 + index)
      )
      const files = around.flatMap((border) => {
        const member = named(one, border - one.length - 1)
        assert.strictEqual(member.length, border)
        return [
          [`${border}-joined.ndjson.gz`, Buffer.concat([member, two])] as const,
          [`${border}-newline.ndjson.gz`, Buffer.concat([member, Buffer.from("\n"), two])] as const
        ]
      })
      const recorder = yield* once(folderOf(Object.fromEntries(files)))
      assert.strictEqual(recorder.events.length, files.length * 5)
      assert.deepStrictEqual(
        recorder.bad.map(({ split, position }) => `${split} ${position}`).sort(),
        around.map((border) => `${border}-newline.ndjson.gz byte ${border} of the file on disk`).sort()
      )
      assert.deepStrictEqual(recorder.logs, [])
    })
  )

  it.live("does not hang on how large the member is", () =>
    Effect.gen(function* () {
      for (const events of [1, 50, 2000, 12_000]) {
        const made = makeEvents(events, 5)
        const member = gzipSync(textOf(made), { level: events % 3 === 0 ? 1 : 9 })
        const recorder = yield* once(
          folderOf({ "a.ndjson.gz": Buffer.concat([member, Buffer.from("no gzip")]) })
        )
        assert.deepStrictEqual(idsOf(recorder.events), idsOf(made))
        assert.deepStrictEqual(gapsOf(recorder), [`not-gzip byte ${member.length} of the file on disk`])
      }
    })
  )

  it.live("is told once, and what is added to it later as well", () =>
    Effect.gen(function* () {
      const folder = folderOf({ "a.ndjson.gz": Buffer.concat([one, Buffer.from("x")]) })
      const path = join(folder, "a.ndjson.gz")
      const recorder = yield* once(folder)
      appendFileSync(path, "yz")
      yield* Recorder.run(recorder, folder)
      appendFileSync(path, two)
      yield* Recorder.run(recorder, folder)
      appendFileSync(path, "!")
      yield* Recorder.run(recorder, folder)
      assert.deepStrictEqual(idsOf(recorder.events), idsOf([...first, ...second]))
      assert.deepStrictEqual(
        recorder.bad.map(({ position, raw }) => [position, Buffer.from(raw).toString()]),
        [
          [`byte ${one.length} of the file on disk`, "x"],
          [`byte ${one.length + 1} of the file on disk`, "yz"],
          [`byte ${one.length + 3 + two.length} of the file on disk`, "!"]
        ]
      )
    })
  )

  it.live("may be another member that is cut off: unread, until it is whole", () =>
    Effect.gen(function* () {
      for (const cut of [1, 2, 3, 9, 10, 30, two.length - 8, two.length - 1]) {
        const folder = folderOf({ "a.ndjson.gz": Buffer.concat([one, two.subarray(0, cut)]) })
        const recorder = yield* once(folder)
        assert.deepStrictEqual(idsOf(recorder.events.slice(0, 3)), idsOf(first), `cut at ${cut}`)
        assert.strictEqual(recorder.unread.get("a.ndjson.gz")?.what, "the gzip data is cut off")
        assert.deepStrictEqual(recorder.bad, [])
        writeFileSync(join(folder, "a.ndjson.gz"), Buffer.concat([one, two]))
        yield* Recorder.run(recorder, folder)
        assert.deepStrictEqual(idsOf(recorder.events), idsOf([...first, ...second]))
        assert.deepStrictEqual([recorder.bad, recorder.unread.size], [[], 0])
      }
    })
  )
})

describe("a gzip member that is damaged", () => {
  it.live("costs itself alone: those before and behind it are read", () =>
    Effect.gen(function* () {
      const large = gzipSync(textOf(makeEvents(3000, 4)))
      const damaged = Buffer.from(large)
      damaged.fill(0xff, large.length >> 1, (large.length >> 1) + 40)
      for (const broken of [damaged, large.subarray(0, large.length >> 1)]) {
        const recorder = yield* once(folderOf({ "a.ndjson.gz": Buffer.concat([one, broken, two]) }))
        const ids = idsOf(recorder.events)
        assert.deepStrictEqual(ids.slice(0, 3), idsOf(first))
        assert.deepStrictEqual(ids.slice(-2), idsOf(second))
        assert.isAbove(ids.length, 1000)
        const [cut, gap] = recorder.bad.slice(-2)
        assert.deepStrictEqual([cut?.reason, gap?.reason], ["malformed", "damaged-gzip"])
        // Of what is cut off, all was unpacked.
        assert.strictEqual(gap!.raw.length > 0, broken === damaged)
        assert.deepStrictEqual(recorder.logs, [])
      }
    })
  )

  it.live("in its checksum alone is read, and told", () =>
    Effect.gen(function* () {
      const wrong = Buffer.from(one)
      wrong[wrong.length - 5]! ^= 1
      const recorder = yield* once(folderOf({ "a.ndjson.gz": Buffer.concat([wrong, two]) }))
      assert.deepStrictEqual(idsOf(recorder.events), idsOf([...first, ...second]))
      assert.deepStrictEqual(gapsOf(recorder), [`damaged-gzip byte ${one.length - 8} of the file on disk`])
      assert.match(recorder.bad[0]!.detail, /the checksum of the gzip data from byte 0 on is wrong/)
    })
  )

  it.live("at the very beginning is told, and what stands behind it is read", () =>
    Effect.gen(function* () {
      const noGzip = Buffer.from([0x1f, 0x8b, 0xff, 0xff, 1, 2, 3])
      const recorder = yield* once(
        folderOf({ "a.ndjson.gz": Buffer.concat([noGzip, two]), "b.gz.json.gz": noGzip })
      )
      assert.deepStrictEqual(idsOf(recorder.events), idsOf(second))
      assert.deepStrictEqual(gapsOf(recorder), [
        "not-gzip byte 0 of the file on disk",
        "not-gzip byte 0 of the file on disk"
      ])
    })
  )
})

describe("gzip members", () => {
  it.live("may be many and small, have every kind of header, and break a line anywhere", () =>
    Effect.gen(function* () {
      const events = makeEvents(400, 6)
      const bytes = Buffer.from(textOf(events))
      const members: Array<Buffer> = []
      for (let at = 0; at < bytes.length; at += 97) {
        const member = gzipSync(bytes.subarray(at, at + 97), { strategy: constants.Z_FIXED })
        const all = Buffer.concat([
          Buffer.from([0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 255, 3, 0, 1, 0, 2]),
          Buffer.from("name\0comment\0ab"),
          member.subarray(10)
        ])
        members.push(at % 2 === 0 ? member : all, ...(at % 5 === 0 ? [gzipSync("")] : []))
      }
      const recorder = yield* once(folderOf({ "a.ndjson.gz": Buffer.concat(members) }))
      assert.deepStrictEqual(idsOf(recorder.events), idsOf(events))
      assert.deepStrictEqual([recorder.bad, recorder.logs], [[], []])
      assert.strictEqual(recorder.consumed, recorder.expected)
    })
  )
})
