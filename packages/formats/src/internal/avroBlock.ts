/** One block of an Avro container: its bytes, and the records in them. */
import type { Event } from "@millrace/core/Event"
import { rawLimit } from "@millrace/core/Intake"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Place } from "../Checkpoint.ts"
import { limits } from "../ChunkBuilder.ts"
import type { AvroRecords } from "../Format.ts"
import { blockLimit } from "./avroCodecs.ts"
import * as Frame from "./avroFrame.ts"
import type { Container } from "./avroHeader.ts"
import type { Gather } from "./gather.ts"
import type { Reading } from "./reading.ts"

/** A block beyond this size, packed or not, is read while no other one of such a size is in memory. */
const largeBlock = 4 * 1024 * 1024
/** A block beyond this size is handed on in parts, and therefore checked as a whole first. */
const partsLimit = 2 * limits.bytes
/** Bad records of one block that become dead letters of their own. */
const badLimit = 1000

interface Taken {
  readonly fault: undefined
  /** Bytes in the split, sync marker included. */
  readonly length: number
}

interface Faulty {
  readonly fault: string
  readonly count: number | undefined
  /** Set when that many bytes are there. */
  readonly length: number | undefined
}

interface Block extends Taken {
  readonly count: number
  readonly plain: Buffer
}

/** Gathers the records of the block at which the input stands, all but the first `place.count`, or none and tells why. */
export const takeBlock = <E extends Event>(
  reading: Reading<E>,
  container: Container<E>,
  gather: Gather<E>,
  place: Place
): Effect.Effect<Taken | Faulty, SourceError> => {
  const take = (block: Block | Faulty) =>
    block.fault === undefined
      ? takeRecords(reading, container.reader, block, gather, place)
      : Effect.succeed(block)
  return Effect.flatMap(readBlock(reading, container, largeBlock), (block) =>
    block === "too-large"
      ? reading.large.withPermits(1)(
          Effect.flatMap(readBlock(reading, container, blockLimit), (again) =>
            again === "too-large" ? Effect.die("a limit has no effect") : take(again)
          )
        )
      : take(block)
  )
}

/** The block, if neither its bytes in the split nor those that they unpack to are more than `limit`. */
const readBlock = Effect.fnUntraced(function* <E extends Event>(
  { split, input }: Reading<E>,
  { sync, unpack }: Container<E>,
  limit: number
): Effect.fn.Return<Block | Faulty | "too-large", SourceError> {
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
  const isBeyond = !input.packed && input.position() + length > split.size
  if (head.size > limit && !isBeyond) return "too-large"
  const view = yield* input.fill(isBeyond ? Frame.headLimit : length)
  if (view.length < length) return faulty("its size is beyond the file's end")
  const data = view.subarray(head.length, head.length + head.size)
  if (!view.subarray(length - Frame.syncSize, length).equals(sync)) {
    return faulty("its sync marker is wrong", length)
  }
  const unpacked = Result.try(() => unpack(data, limit))
  if (Result.isFailure(unpacked)) return faulty("its data cannot be unpacked", length)
  const plain = unpacked.success
  if (typeof plain !== "string") return { count: head.count, plain, length, fault: undefined }
  return limit < blockLimit ? plain : faulty("its data unpacks to more than 64 MiB", length)
})

const takeRecords = Effect.fnUntraced(function* <E extends Event>(
  { input }: Reading<E>,
  reader: AvroRecords<E>,
  { plain, count, length }: Block,
  gather: Gather<E>,
  place: Place
): Effect.fn.Return<Taken | Faulty, SourceError> {
  const faulty = (fault: string): Faulty => ({ fault, count, length })
  // No record is empty, so a damaged count cannot keep us here.
  if (count > plain.length) return faulty("it is too small for them")
  const inParts = plain.length > partsLimit || count > limits.records
  const checked = inParts ? check(reader, plain, count) : undefined
  if (checked?.fault !== undefined) return faulty(checked.fault)
  let isTogether = (checked?.bad ?? 0) > badLimit
  const restore = gather.save()
  let start = 0
  let bad = 0
  for (let i = 0; i < count; i++) {
    const { result, end } = reader.read(plain, start)
    if (end === undefined) {
      restore()
      return faulty(unreadable(i))
    }
    if (Result.isFailure(result)) bad++
    if (bad > badLimit && !isTogether) {
      // Too many to be kept by themselves: once more, with one dead letter for all.
      restore()
      isTogether = true
      start = bad = 0
      i = -1
      continue
    }
    if (i >= place.count) {
      if (Result.isSuccess(result)) gather.add(result.success, plain, start, end)
      else if (!isTogether) {
        const position = `byte ${place.at}, record ${i + 1}`
        gather.bury({ ...result.failure, position, raw: Buffer.from(plain.subarray(start, end)) })
      }
    }
    start = end
    if (inParts && gather.isFull() && i + 1 < count) yield* gather.flush({ ...place, count: i + 1 })
  }
  if (start !== plain.length) {
    restore()
    return faulty(leftOver)
  }
  if (isTogether) {
    const raw = Buffer.from((yield* input.fill(length)).subarray(0, Math.min(length, rawLimit)))
    const detail = `${bad} of the block's ${count} records are no events; the others are taken`
    gather.bury({ reason: "damaged-block", detail, position: `byte ${place.at}`, raw })
  }
  return { fault: undefined, length }
})

const unreadable = (position: number) => `record ${position + 1} cannot be read`
const leftOver = "bytes are left over behind them"

const check = (
  reader: AvroRecords,
  plain: Buffer,
  count: number
): { readonly fault: string | undefined; readonly bad: number } => {
  let start = 0
  let bad = 0
  for (let i = 0; i < count; i++) {
    const { end, result } = reader.read(plain, start)
    if (end === undefined) return { fault: unreadable(i), bad }
    if (Result.isFailure(result)) bad++
    start = end
  }
  return { fault: start === plain.length ? undefined : leftOver, bad }
}
