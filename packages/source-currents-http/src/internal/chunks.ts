/** Bodies as chunks: a large one as several, many small ones as one. */
import type { Chunk } from "@millrace/core/Intake"
import { rawLimit } from "@millrace/core/Intake"
import * as Json from "@millrace/core/Json"
import { type BrazeEvent, CustomHttp } from "@millrace/events-braze"
import type { UnknownEvent } from "@millrace/events-braze/Braze"
import * as ChunkBuilder from "@millrace/formats/ChunkBuilder"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** Bytes of records that make a chunk. */
export const chunkSize = 512 * 1024
/** Records without much in them that make one. */
const chunkRecords = 2000

const decode = CustomHttp.codec.decoder("")

export type Received = Chunk<BrazeEvent | UnknownEvent>

/** A body, and where its events stand. */
export interface Content {
  readonly body: Buffer
  /** None for the probe of a token. */
  readonly pieces: ReadonlyArray<Json.Piece>
  /** Why no event of it can be read. */
  readonly damage?: { readonly reason: string; readonly detail: string }
}

/** None for a body that is to come in smaller ones: it holds more events than one may, or it is damaged and larger than a dead letter keeps. */
export const ofBody = (body: Buffer): Option.Option<Content> => {
  if (isProbe(body)) return Option.some({ body, pieces: [] })
  const items = Json.items(body)
  return items === undefined ? ofOne(body) : ofItems([...items], body)
}

/** Nothing stands in them: not even an event that cannot be read. */
const isProbe = (body: Buffer): boolean =>
  body.length < 64 && /^\s*(?:\{\s*\}\s*)?$/.test(body.toString("latin1"))

const ofItems = (pieces: ReadonlyArray<Json.Piece>, body: Buffer): Option.Option<Content> => {
  const last = pieces.at(-1)
  if (last?.kind === "too-many") return Option.none()
  const isDamaged = last !== undefined && last.kind !== "value"
  if (isDamaged && body.length > rawLimit) return Option.none()
  return isDamaged && pieces.length === 1
    ? damaged(body, "malformed", `the body is ${Json.notJson}`)
    : Option.some({ body, pieces })
}

const ofOne = (body: Buffer): Option.Option<Content> => {
  const read = decode(body, 0, body.length)
  return Result.isFailure(read) && read.failure.reason === "malformed"
    ? damaged(body, read.failure.reason, `the body is ${read.failure.detail}`)
    : Option.some({ body, pieces: [{ kind: "value", start: 0, end: body.length, breach: undefined }] })
}

/** A body that holds no events which could be read. */
export const damaged = (body: Buffer, reason: string, detail: string): Option.Option<Content> =>
  body.length > rawLimit ? Option.none() : Option.some({ body, pieces: [], damage: { reason, detail } })

export const holdsAnything = ({ damage, pieces }: Content): boolean =>
  pieces.length > 0 || damage !== undefined

/** The events of all bodies, in order. Chunks are made as they are asked for. */
export function* chunksOf(contents: ReadonlyArray<Content>): Iterable<Received> {
  const builder = ChunkBuilder.make<BrazeEvent | UnknownEvent>(
    { codec: CustomHttp.codec.name, parameter: "" },
    ChunkBuilder.limits,
    Math.min(
      chunkSize,
      contents.reduce((sum, { body }) => sum + body.length, 0)
    )
  )
  let consumed = 0
  const isFullFor = (bytes: number) => {
    const count = builder.count()
    return count > 0 && (builder.size() + bytes > chunkSize || count === chunkRecords)
  }
  const next = (): Received => {
    const chunk = { ...builder.build(), consumed }
    consumed = 0
    return chunk
  }
  for (const { body, damage, pieces } of contents) {
    if (damage !== undefined) {
      if (isFullFor(body.length)) yield next()
      builder.bury({ ...damage, position: "request body", raw: body })
    }
    for (const [index, piece] of pieces.entries()) {
      const { end, start } = piece
      if (isFullFor(end - start)) yield next()
      const result = resultOf(piece, body)
      if (Result.isSuccess(result)) builder.add(result.success, body, start, end)
      else {
        const event = `event ${index + 1}`
        const position = piece.kind === "value" ? `${event} of a request` : `a request from ${event} on`
        builder.bury({ ...result.failure, position, raw: body.subarray(start, end) })
      }
    }
    consumed += body.length
  }
  yield next()
}

const resultOf = (piece: Json.Piece, body: Buffer): ReturnType<typeof decode> => {
  const fault = piece.kind === "value" ? piece.breach : piece.detail
  return fault === undefined
    ? decode(body, piece.start, piece.end)
    : Result.fail({ reason: "malformed", detail: fault })
}
