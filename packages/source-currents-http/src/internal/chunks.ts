/** A body as chunks: mostly one. */
import type { Chunk } from "@millrace/core/Intake"
import { rawLimit } from "@millrace/core/Intake"
import * as Json from "@millrace/core/Json"
import { type BrazeEvent, CustomHttp } from "@millrace/events-braze"
import type { UnknownEvent } from "@millrace/events-braze/Braze"
import * as ChunkBuilder from "@millrace/formats/ChunkBuilder"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** Bytes of records that make a chunk. */
const chunkSize = 512 * 1024
/** Records without much in them that make one. */
const chunkRecords = 2000

const decode = CustomHttp.codec.decoder("")

type Received = Chunk<BrazeEvent | UnknownEvent>

/**
 * None for a body that is to come in smaller ones: it holds more events than one may, or it is damaged and larger than a
 * dead letter keeps. No chunk at all for the probe of a token. Chunks are made as they are asked for.
 */
export const ofBody = (body: Buffer): Option.Option<Iterable<Received>> => {
  if (isProbe(body)) return Option.some([])
  const items = Json.items(body)
  return items === undefined ? ofOne(body) : ofItems([...items], body)
}

/** Nothing stands in them: not even an event that cannot be read. */
const isProbe = (body: Buffer): boolean =>
  body.length < 64 && /^\s*(?:\{\s*\}\s*)?$/.test(body.toString("latin1"))

const ofItems = (pieces: ReadonlyArray<Json.Piece>, body: Buffer): Option.Option<Iterable<Received>> => {
  const last = pieces.at(-1)
  if (last === undefined) return Option.some([])
  if (last.kind === "too-many") return Option.none()
  const isDamaged = last.kind !== "value"
  if (isDamaged && body.length > rawLimit) return Option.none()
  return isDamaged && pieces.length === 1
    ? buried(body, "malformed", `the body is ${Json.notJson}`)
    : Option.some(chunksOf(pieces, body))
}

const ofOne = (body: Buffer): Option.Option<Iterable<Received>> => {
  const read = decode(body, 0, body.length)
  return Result.isFailure(read) && read.failure.reason === "malformed"
    ? buried(body, read.failure.reason, `the body is ${read.failure.detail}`)
    : Option.some(chunksOf([{ kind: "value", start: 0, end: body.length, breach: undefined }], body))
}

/** A body that holds no events which could be read. */
export const buried = (raw: Buffer, reason: string, detail: string): Option.Option<Iterable<Received>> =>
  raw.length > rawLimit
    ? Option.none()
    : Option.some([
        { events: [], malformed: [{ reason, detail, position: "request body", raw }], consumed: raw.length }
      ])

function* chunksOf(pieces: ReadonlyArray<Json.Piece>, body: Buffer): Iterable<Received> {
  const builder = ChunkBuilder.make<BrazeEvent | UnknownEvent>(
    { codec: CustomHttp.codec.name, parameter: "" },
    ChunkBuilder.limits,
    Math.min(chunkSize, body.length)
  )
  for (const [index, piece] of pieces.entries()) {
    const { end, start } = piece
    const count = builder.count()
    if (count > 0 && (builder.size() + end - start > chunkSize || count === chunkRecords))
      yield { ...builder.build(), consumed: 0 }
    const result = resultOf(piece, body)
    if (Result.isSuccess(result)) builder.add(result.success, body, start, end)
    else {
      const event = `event ${index + 1}`
      const position = piece.kind === "value" ? `${event} of a request` : `a request from ${event} on`
      builder.bury({ ...result.failure, position, raw: body.subarray(start, end) })
    }
  }
  yield { ...builder.build(), consumed: body.length }
}

const resultOf = (piece: Json.Piece, body: Buffer): ReturnType<typeof decode> => {
  const fault = piece.kind === "value" ? piece.breach : piece.detail
  return fault === undefined
    ? decode(body, piece.start, piece.end)
    : Result.fail({ reason: "malformed", detail: fault })
}
