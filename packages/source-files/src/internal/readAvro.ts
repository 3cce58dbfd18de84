/** Avro container files, also several joined in one: block by block, and on behind those that are damaged. */
import type { Unread } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import type { AvroRecord } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Place } from "./checkpoint.ts"
import { blockLimit } from "./compression.ts"
import * as Frame from "./container.ts"
import * as Gather from "./gather.ts"
import * as Header from "./header.ts"
import { windowSize } from "./input.ts"
import { end, gatherOf, passGap, type Reading, refuse, replaced } from "./reading.ts"
import { findNext } from "./resync.ts"

/** Reads a file from where it stands; tells what is left when it ends too early. */
export const readAvro = Effect.fnUntraced(function* (reading: Reading) {
  const { file, input, from, readerOf } = reading
  const header = yield* Header.read(input)
  if (header === "short") return { byte: 0, what: "the header is incomplete" } satisfies Unread
  if (header === "bad") return yield* refuse(reading, "damaged-header", "the Avro header cannot be read")
  const first = Header.open(header, 0, readerOf)
  if ("reason" in first) {
    return first.reason === "codec"
      ? yield* unknownCodec(reading, first.detail)
      : yield* refuse(reading, first.reason, first.detail)
  }
  const { mark } = header
  if (from !== undefined && from.mark !== mark) return yield* replaced(file)
  const gather = gatherOf(reading, first.reader)
  /** `undefined` under a header that cannot be read: what is there is passed over. */
  let container: Header.Container | undefined = first
  let under = from?.header ?? 0
  if (under > 0) {
    if (!(yield* input.jump(under))) return yield* replaced(file)
    const later = yield* Header.read(input)
    if (later === "short") return yield* replaced(file)
    const opened = later === "bad" ? undefined : Header.open(later, under, readerOf)
    container = opened !== undefined && "reader" in opened ? opened : undefined
    if (container !== undefined) gather.encode(container.reader)
  }
  if (!(yield* input.jump(from?.at ?? first.length))) return yield* replaced(file)
  const placeAt = (at: number, count = 0): Place => ({ at, count, mark, header: under })

  for (let taken = from?.count ?? 0; ; taken = 0) {
    const at = input.position()
    const start = yield* input.fill(Frame.headLimit)
    if (start.length === 0) {
      if (input.ending() !== "broken") return yield* end(reading, gather, placeAt(at))
      passGap(reading, gather)
      continue
    }
    if (Frame.begins(start)) {
      // Another schema: what was gathered under the one before goes first.
      yield* gather.flush(placeAt(at))
      const next = yield* Header.read(input)
      if (next === "short") return yield* end(reading, gather, placeAt(at), "the header there is incomplete")
      const opened =
        next === "bad"
          ? ({ reason: "damaged-header", detail: "the Avro header there cannot be read" } as const)
          : Header.open(next, at, readerOf)
      if ("reader" in opened) {
        container = opened
        gather.encode(opened.reader)
        input.skip(opened.length)
      } else {
        if (opened.reason === "codec") return yield* unknownCodec(reading, opened.detail, at)
        container = undefined
        input.skip(Frame.magic.length)
        const { raw } = yield* Header.pass(input, windowSize, Gather.rawLimit)
        const { detail, reason } = opened
        gather.bury({ reason, detail, position: `byte ${at}`, raw: Buffer.concat([Frame.magic, raw]) })
      }
      under = at
      continue
    }
    if (container === undefined) {
      const { raw } = yield* Header.pass(input, windowSize, Gather.rawLimit)
      const detail = "it stands under an Avro header that cannot be read"
      gather.bury({ reason: "damaged-header", detail, position: `byte ${at}`, raw })
      continue
    }
    const block = yield* readBlock(reading, container)
    const fault =
      "fault" in block ? block.fault : yield* takeRecords(container.reader, block, gather, placeAt(at, taken))
    if (fault === undefined) {
      input.skip(block.length!)
      if (gather.isFull()) yield* gather.flush(placeAt(input.position()))
      continue
    }
    yield* gather.flush(placeAt(at))
    const { found, raw } = yield* findNext(input, container.sync, block.length)
    if (!found && input.ending() !== "broken") {
      return yield* end(reading, gather, placeAt(at), "the block there is incomplete")
    }
    const claim = block.count === undefined ? "" : `the block's header claims ${block.count} records; `
    gather.bury({ reason: "damaged-block", detail: `${claim}${fault}`, position: `byte ${at}`, raw })
  }
})

const unknownCodec = ({ file }: Reading, codec: string, at = 0) =>
  new SourceError({
    detail: `${file.path}: its blocks${at === 0 ? "" : ` from byte ${at} on`} are packed with ${codec}; write it anew with deflate, snappy or no codec`
  })

interface Block {
  readonly count: number
  readonly plain: Buffer
  /** Bytes in the file, sync marker included. */
  readonly length: number
}

interface Faulty {
  readonly fault: string
  readonly count: number | undefined
  /** Set when that many bytes are there. */
  readonly length: number | undefined
}

/** The block at which the input stands. */
const readBlock = Effect.fnUntraced(function* ({ file, input }: Reading, { sync, unpack }: Header.Container) {
  const start = yield* input.fill(Frame.headLimit)
  const head = Frame.parseBlockHead(start)
  const faulty = (fault: string, length?: number): Faulty => ({
    fault,
    count: typeof head === "string" ? undefined : head.count,
    length
  })
  if (typeof head === "string") return faulty("the block's header cannot be read")
  const length = head.length + head.size + Frame.syncSize
  if (head.size > blockLimit) return faulty("its size is beyond 64 MiB")
  const isBeyond = !input.packed && input.position() + length > file.size
  const view = yield* input.fill(isBeyond ? Frame.headLimit : length)
  if (view.length < length) return faulty("its size is beyond the file's end")
  const data = view.subarray(head.length, head.length + head.size)
  if (!view.subarray(length - Frame.syncSize, length).equals(sync)) {
    return faulty("its sync marker is wrong", length)
  }
  const plain = Result.try(() => unpack(data))
  if (Result.isFailure(plain)) return faulty("its data cannot be unpacked", length)
  return { count: head.count, plain: plain.success, length } satisfies Block
})

/** A block beyond this size is handed on in parts, and therefore checked as a whole first. */
const partsLimit = 2 * Gather.chunkSize

/** Gathers the records of a block, all but the first `place.count`, or none and tells why. */
const takeRecords = Effect.fnUntraced(function* (
  reader: AvroRecord.Reader,
  { plain, count }: Block,
  gather: Gather.Gather,
  place: Place
) {
  // No record is empty, so a damaged count cannot keep us here.
  if (count > plain.length) return "it is too small for them"
  const inParts = plain.length > partsLimit
  const fault = inParts ? check(reader, plain, count) : undefined
  if (fault !== undefined) return fault
  const restore = gather.save()
  let start = 0
  for (let i = 0; i < count; i++) {
    const { result, end } = reader.read(plain, start)
    if (end === undefined) {
      restore()
      return unreadable(i)
    }
    if (i >= place.count) {
      if (Result.isSuccess(result)) gather.add(result.success, plain, start, end)
      else {
        const position = `byte ${place.at}, record ${i + 1}`
        gather.bury({ ...result.failure, position, raw: Buffer.from(plain.subarray(start, end)) })
      }
    }
    start = end
    if (inParts && gather.isFull()) yield* gather.flush({ ...place, count: i + 1 })
  }
  if (start === plain.length) return undefined
  restore()
  return leftOver
})

const unreadable = (position: number) => `record ${position + 1} cannot be read`
const leftOver = "bytes are left over behind them"

const check = (reader: AvroRecord.Reader, plain: Buffer, count: number): string | undefined => {
  let start = 0
  for (let i = 0; i < count; i++) {
    const { end } = reader.read(plain, start)
    if (end === undefined) return unreadable(i)
    start = end
  }
  return start === plain.length ? undefined : leftOver
}
