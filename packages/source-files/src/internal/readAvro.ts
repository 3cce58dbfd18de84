/** Avro container files: block by block, and on behind those that are damaged. */
import { crc32 } from "node:zlib"
import type { Unread } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import type { AvroRecord } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Place } from "./checkpoint.ts"
import { blockLimit, type Unpack, unpackerOf } from "./compression.ts"
import * as Container from "./container.ts"
import * as Gather from "./gather.ts"
import { end, type Reading, refuse, replaced } from "./reading.ts"
import { findNext } from "./resync.ts"

/** Reads a file from where it stands; tells what is left when it ends too early. */
export const readAvro = Effect.fnUntraced(function* (reading: Reading) {
  const { file, input, intake, from, readerOf } = reading
  const header = yield* readHeader(reading)
  if (header === "short") return { byte: 0, what: "the header is incomplete" } satisfies Unread
  if (header === "bad") return yield* refuse(reading, "damaged-header", "the Avro header cannot be read")
  const reader = readerOf(header.schema)
  if (Result.isFailure(reader)) {
    const detail = `Avro of ${nameOf(header.schema)}: ${reader.failure.detail}`
    return yield* refuse(reading, "not-currents", detail)
  }
  const unpack = unpackerOf(header.codec)
  if (unpack === undefined) {
    return yield* new SourceError({
      detail: `${file.path}: its blocks are packed with ${header.codec}; write it anew with deflate, snappy or no codec`
    })
  }
  const { mark } = header
  if (from !== undefined && from.mark !== mark) return yield* replaced(file)
  if (!(yield* input.jump(from?.at ?? header.length))) return yield* replaced(file)
  const gather = Gather.make(file, input, intake, from, reader.success)
  for (let taken = from?.count ?? 0; ; taken = 0) {
    const at = input.position()
    const block = yield* readBlock(reading, header.sync, unpack)
    if (block === undefined) return yield* end(reading, gather, { at, count: 0, mark })
    const fault =
      "fault" in block
        ? block.fault
        : yield* takeRecords(reader.success, block, gather, { at, count: taken, mark })
    if (fault === undefined) {
      input.skip(block.length!)
      if (gather.isFull()) yield* gather.flush({ at: input.position(), count: 0, mark })
      continue
    }
    yield* gather.flush({ at, count: 0, mark })
    const { found, raw } = yield* findNext(input, header.sync, block.length)
    if (!found) {
      return yield* end(
        reading,
        gather,
        { at, count: 0, mark },
        { what: "the block there is incomplete", raw }
      )
    }
    const claim = block.count === undefined ? "" : `the block's header claims ${block.count} records; `
    gather.bury({ reason: "damaged-block", detail: `${claim}${fault}`, position: `byte ${at}`, raw })
  }
})

/** A schema of Currents takes some tens of kilobytes. */
const headerLimit = 16 * 1024 * 1024

const readHeader = Effect.fnUntraced(function* ({ input }: Reading) {
  for (let wanted = 16 * 1024; ; wanted *= 2) {
    const view = yield* input.fill(wanted)
    const header = Container.parseHeader(view)
    if (header === "short" && view.length >= headerLimit) return "bad"
    if (header === "short" && view.length >= wanted) continue
    if (typeof header === "string") return header
    return { ...header, mark: crc32(view.subarray(0, header.length)) }
  }
})

/** The name of a schema, for people. */
const nameOf = (schema: string): string => {
  const [, namespace] = /"namespace"\s*:\s*"([\w.]*)"/.exec(schema) ?? []
  const [, name] = /"name"\s*:\s*"([\w.]*)"/.exec(schema) ?? []
  return name === undefined ? "an unnamed schema" : namespace === undefined ? name : `${namespace}.${name}`
}

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

/** The block at which the input stands; `undefined` at the end. */
const readBlock = Effect.fnUntraced(function* ({ file, input }: Reading, sync: Buffer, unpack: Unpack) {
  const start = yield* input.fill(Container.headLimit)
  if (start.length === 0) return undefined
  const head = Container.parseBlockHead(start)
  const faulty = (fault: string, length?: number): Faulty => ({
    fault,
    count: typeof head === "string" ? undefined : head.count,
    length
  })
  if (typeof head === "string") return faulty("the block's header cannot be read")
  const length = head.length + head.size + Container.syncSize
  if (head.size > blockLimit) return faulty("its size is beyond 64 MiB")
  const isBeyond = !input.packed && input.position() + length > file.size
  const view = yield* input.fill(isBeyond ? Container.headLimit : length)
  if (view.length < length) return faulty("its size is beyond the file's end")
  const data = view.subarray(head.length, head.length + head.size)
  if (!view.subarray(length - Container.syncSize, length).equals(sync)) {
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
