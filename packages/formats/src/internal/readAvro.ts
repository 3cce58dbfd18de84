/** Avro containers, also several joined in one: block by block, and on behind those that are damaged. */
import type { Event } from "@millrace/core/Event"
import { rawLimit } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type { ByteSplit } from "../Bytes.ts"
import type { Place } from "../Checkpoint.ts"
import { limits } from "../ChunkBuilder.ts"
import { takeBlock } from "./avroBlock.ts"
import * as Frame from "./avroFrame.ts"
import * as Header from "./avroHeader.ts"
import { findNext } from "./avroResync.ts"
import { windowSize } from "./input.ts"
import { end, gatherOf, passGap, type Reading, refuse, replaced, unreadAt } from "./reading.ts"

/** Avro spells no names: of a record's bytes, the event takes three times the memory that it takes of a line's. */
const chunkLimits = { ...limits, records: 500 }

/** Reads a split from where it stands; tells what is left when it ends too early. */
export const readAvro = Effect.fnUntraced(function* <E extends Event>(reading: Reading<E>) {
  const { split, input, format, from } = reading
  const header = yield* Header.read(input)
  if (header === "short") return unreadAt(input, 0, "the header is incomplete")
  if (header === "bad") return yield* refuse(reading, "damaged-header", "the Avro header cannot be read")
  const first = Header.open(header, 0, format)
  if ("reason" in first) {
    return first.why === "codec"
      ? yield* unknownCodec(split, first.detail)
      : yield* refuse(reading, first.reason, first.detail)
  }
  const { mark } = header
  if (from !== undefined && from.mark !== mark) return yield* replaced(split)
  const gather = gatherOf(reading, first.reader, chunkLimits)
  /** `undefined` under a header that cannot be read: what is there is passed over. */
  let container: Header.Container<E> | undefined = first
  let under = from?.header ?? 0
  if (under > 0) {
    if (!(yield* input.jump(under))) return yield* replaced(split)
    const later = yield* Header.read(input)
    if (later === "short") return yield* replaced(split)
    const opened = later === "bad" ? undefined : Header.open(later, under, format)
    container = opened !== undefined && "reader" in opened ? opened : undefined
    if (container !== undefined) gather.encode(container.reader)
  }
  if (!(yield* input.jump(from?.at ?? first.length))) return yield* replaced(split)
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
          ? ({
              why: "header",
              reason: "damaged-header",
              detail: "the Avro header there cannot be read"
            } as const)
          : Header.open(next, at, format)
      if ("reader" in opened) {
        container = opened
        gather.encode(opened.reader)
        input.skip(opened.length)
      } else {
        if (opened.why === "codec") return yield* unknownCodec(split, opened.detail, at)
        container = undefined
        input.skip(Frame.magic.length)
        const { raw } = yield* Header.pass(input, windowSize, rawLimit)
        const { detail, reason } = opened
        gather.bury({ reason, detail, position: `byte ${at}`, raw: Buffer.concat([Frame.magic, raw]) })
      }
      under = at
      continue
    }
    if (container === undefined) {
      const { raw } = yield* Header.pass(input, windowSize, rawLimit)
      const detail = "it stands under an Avro header that cannot be read"
      gather.bury({ reason: "damaged-header", detail, position: `byte ${at}`, raw })
      continue
    }
    const block = yield* takeBlock(reading, container, gather, placeAt(at, taken))
    if (block.fault === undefined) {
      input.skip(block.length)
      if (gather.isFull()) yield* gather.flush(placeAt(input.position()))
      continue
    }
    yield* gather.flush(placeAt(at))
    const { found, raw } = yield* findNext(input, container.sync, block.length)
    if (!found && input.ending() !== "broken") {
      return yield* end(reading, gather, placeAt(at), "the block there is incomplete")
    }
    const claim = block.count === undefined ? "" : `the block's header claims ${block.count} records; `
    gather.bury({ reason: "damaged-block", detail: `${claim}${block.fault}`, position: `byte ${at}`, raw })
  }
})

const unknownCodec = ({ label }: ByteSplit, codec: string, at = 0) =>
  new SourceError({
    detail: `${label}: its blocks${at === 0 ? "" : ` from byte ${at} on`} are packed with ${codec}; write it anew with deflate, snappy, zstandard or no codec`
  })
