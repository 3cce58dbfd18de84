/** What the readers of both kinds of file share: how one begins, is refused, and ends. */
import type { Intake, Unread } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import type { AvroRecord } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type { Place, Stand } from "./checkpoint.ts"
import type { Found } from "./discover.ts"
import * as Gather from "./gather.ts"
import type { Input } from "./input.ts"

export interface Reading {
  readonly file: Found
  readonly input: Input
  readonly intake: Intake<Gather.CurrentsEvent>
  readonly from: Stand | undefined
  /** The reader of an Avro schema. */
  readonly readerOf: (schema: string) => Result.Result<AvroRecord.Reader, AvroRecord.NotCurrents>
}

/** The file is not the one that was read before: going on in it could lose events, starting anew repeat them. */
export const replaced = ({ path }: Found): SourceError =>
  new SourceError({
    detail: `${path}: is not the file that was read before under this name; put that file back, or give this one another name`
  })

/** Bytes of a refused file that are kept. */
const headSize = 64 * 1024

/** Makes one bad record of the whole file, once. */
export const refuse = Effect.fnUntraced(function* (reading: Reading, reason: string, detail: string) {
  const { file, input, intake, from } = reading
  if (from !== undefined && from.mark !== 0) return yield* replaced(file)
  const gather = Gather.make(file, input, intake, from, { codec: "braze-json/1", parameter: "" })
  const view = yield* input.fill(headSize)
  if (from === undefined) {
    gather.bury({ reason, detail, position: "byte 0", raw: Buffer.from(view.subarray(0, headSize)) })
  }
  yield* gather.finish({ at: file.size, count: 0, mark: 0 })
})

/** Appends what is gathered up to `place`, behind which nothing more can be read, and tells what is left there. */
export const end = Effect.fnUntraced(function* (
  { input }: Reading,
  gather: Gather.Gather,
  place: Place,
  left?: { readonly what: string; readonly raw: Buffer }
) {
  const ending = input.ending()
  if (ending === "damaged") {
    const detail = "the gzip data is damaged; what follows in the file cannot be unpacked"
    const raw = left?.raw ?? Buffer.alloc(0)
    gather.bury({ reason: "damaged-gzip", detail, position: `byte ${place.at}`, raw })
    yield* gather.finish(place)
    return undefined
  }
  yield* gather.flush(place)
  const what = ending === "cut-off" ? "the gzip data is cut off" : left?.what
  return what === undefined ? undefined : ({ byte: place.at, what } satisfies Unread)
})
