/** A Currents export with lines beside it, and what is in it. */
import { gzipSync } from "node:zlib"
import { Sample, SampleExport } from "@millrace/events-braze"
import { Bytes, SplitReader } from "@millrace/formats"
import { brazeCurrents } from "@millrace/objects/NamedFormat"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Parquet from "./parquet.ts"

export type Contents = Readonly<Record<string, Uint8Array | string>>

/** The ids of the events in some bytes. */
export const idsIn = Effect.fnUntraced(function* (bytes: Uint8Array) {
  const ids: Array<string> = []
  const reader = yield* SplitReader.make({
    plugin: "test",
    format: brazeCurrents.format,
    intake: {
      append: ({ events }) => Effect.sync(() => void ids.push(...events.map(({ id }) => id))),
      expect: () => Effect.void
    }
  })
  const open = Effect.succeed(Bytes.fromBuffer(bytes))
  yield* reader.read({ split: "a", label: "a", size: bytes.length, open }, Option.none())
  return ids
})

const sample = Sample.make({ seed: 3, users: 20 })
const time = 1_782_742_805_000

/** Lines of events, of which the first has this number. */
export const lines = (count: number, first = 0): string =>
  Array.from({ length: count }, (_, index) => {
    const event = sample.event("users.messages.email.Open", first + index, time)
    return `${JSON.stringify(Sample.toCustomHttp(event))}\n`
  }).join("")

/** A Parquet file of such events. */
export const parquet = (count: number, first = 0): Buffer =>
  Parquet.file(
    Array.from({ length: count }, (_, index) =>
      Parquet.rowOf(sample.event("users.messages.email.Open", first + index, time))
    )
  )

const exported = (events: number, folder = "currents/"): Contents => {
  const files: Record<string, Uint8Array | string> = {}
  SampleExport.write(
    { folder, seed: 5, events, types: ["users.messages.sms.Send", "users.messages.email.Click"] },
    (path, bytes) => {
      files[path] = bytes
    }
  )
  return files
}

/** With four bad records. */
export const mixed = (): Contents => ({
  ...exported(4000),
  "currents/event_type=c/date=2026-06-29-01/1.ndjson": `${lines(1000)}{"half\n{}\n`,
  "currents/event_type=d/date=2026-06-29-02/a b+c.json.gz": gzipSync(`nonsense\n${lines(500, 1000)}`),
  "currents/event_type=d/date=2026-06-29-02/c.parquet": parquet(900, 1500),
  "currents/event_type=e/date=2026-06-29-02/1.json": "[1, 2, 3]"
})

/** The bytes of the records in each of some files, as files of a folder are read. */
export const recordsIn = Effect.fnUntraced(function* (contents: Contents) {
  const found = new Map<string, Buffer>()
  for (const [split, content] of Object.entries(contents)) {
    const bytes = Buffer.from(content)
    const pieces: Array<Uint8Array> = []
    const reader = yield* SplitReader.make({
      plugin: "test",
      format: brazeCurrents.format,
      intake: {
        append: ({ records }) => Effect.sync(() => void pieces.push(records?.bytes ?? Buffer.alloc(0))),
        expect: () => Effect.void
      }
    })
    const open = Effect.succeed(Bytes.fromBuffer(bytes))
    yield* reader.read({ split, label: split, size: bytes.length, open }, Option.none())
    found.set(split, Buffer.concat(pieces))
  }
  return found
})
