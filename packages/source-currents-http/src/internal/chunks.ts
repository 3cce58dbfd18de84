/** A body as chunks: mostly one. */
import type { Chunk, Malformed } from "@millrace/core/Intake"
import { rawLimit } from "@millrace/core/Outbox"
import { type BrazeEvent, CustomHttp } from "@millrace/events-braze"
import type { UnknownEvent } from "@millrace/events-braze/Braze"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** Bytes of records that make a chunk. */
const chunkSize = 512 * 1024
/** Records without much in them that make one. */
const chunkRecords = 2000

type Received = Chunk<BrazeEvent | UnknownEvent>

/**
 * None for a body that cannot be read and is larger than a dead letter keeps: Braze can still send it in smaller ones. No
 * chunk at all for the probe of a token.
 */
export const ofBody = (body: Buffer): Option.Option<ReadonlyArray<Received>> => {
  if (body.length < 8 && body.toString("latin1").trim() === "") return Option.some([])
  const items = CustomHttp.decodeEnvelope(body)
  if (Result.isFailure(items))
    return buried(body, items.failure.reason, `the body is ${items.failure.detail}`)
  if (items.success.every(({ value }) => isEmpty(value))) return Option.some([])
  return Option.some([...chunksOf(items.success, body)])
}

/** A body that holds no events which could be read. */
export const buried = (
  raw: Buffer,
  reason: string,
  detail: string
): Option.Option<ReadonlyArray<Received>> =>
  raw.length > rawLimit
    ? Option.none()
    : Option.some([
        { events: [], malformed: [{ reason, detail, position: "request body", raw }], consumed: raw.length }
      ])

/** Nothing stands in `{}`, neither a body nor an event. */
const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0

function* chunksOf(items: ReadonlyArray<CustomHttp.Item>, body: Buffer): Iterable<Received> {
  let events: Array<BrazeEvent | UnknownEvent> = []
  let records: Array<Buffer> = []
  let malformed: Array<Malformed> = []
  let size = 0

  const chunk = (used: number): Received => {
    let end = 0
    const ends = Uint32Array.from(records, ({ length }) => {
      end += length
      return end
    })
    const bytes = Buffer.concat(records)
    const made = {
      events,
      records: { codec: CustomHttp.codec.name, parameter: "", bytes, ends },
      malformed,
      consumed: used
    }
    events = []
    records = []
    malformed = []
    size = 0
    return made
  }

  for (const [index, { result, value }] of items.entries()) {
    const record = Option.getOrUndefined(recordOf(value))
    const added = record?.length ?? 0
    const count = events.length + malformed.length
    if (count > 0 && (size + added > chunkSize || count === chunkRecords)) yield chunk(0)
    size += added
    if (record !== undefined && Result.isSuccess(result)) {
      events.push(result.success)
      records.push(record)
    } else {
      const position = `event ${index + 1} of a request`
      const why = Result.isFailure(result) ? result.failure : tooDeep
      malformed.push({ ...why, position, raw: (record ?? body).subarray(0, rawLimit) })
    }
  }
  yield chunk(body.length)
}

const tooDeep = { reason: "malformed", detail: "nested too deep to be stored" }

/** None when it is nested deeper than it can be written down. */
const recordOf = Option.liftThrowable((value: unknown) => Buffer.from(JSON.stringify(value)))
