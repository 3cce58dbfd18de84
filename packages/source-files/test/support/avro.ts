/** Avro container files taken apart and put together, independently of the source. */
import { crc32, deflateRawSync, inflateRawSync, zstdCompressSync } from "node:zlib"
import type { Event } from "@millrace/core/Event"
import { AvroRecord, SampleExport } from "@millrace/events-braze"
import type { TypeName } from "@millrace/events-braze/Braze"
import * as Result from "effect/Result"
import snappy from "snappyjs"

export interface Block {
  readonly count: number
  readonly plain: Buffer
}

export interface Contents {
  readonly schema: string
  readonly sync: Buffer
  readonly blocks: ReadonlyArray<Block>
}

export type Codec = "null" | "deflate" | "snappy" | "zstandard" | "bzip2"

export const long = (value: number): Buffer => {
  const bytes: Array<number> = []
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

const text = (value: string) => [long(Buffer.byteLength(value)), Buffer.from(value)]

const pack = (plain: Buffer, codec: Codec): Buffer => {
  if (codec === "deflate") return deflateRawSync(plain)
  if (codec === "zstandard") return zstdCompressSync(plain)
  if (codec !== "snappy") return plain
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(plain))
  return Buffer.concat([snappy.compress(plain), sum])
}

export const header = (schema: string, codec: Codec, sync: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from("Obj\x01", "latin1"),
    long(2),
    ...[...text("avro.schema"), ...text(schema), ...text("avro.codec"), ...text(codec)],
    long(0),
    sync
  ])

export const block = ({ count, plain }: Block, codec: Codec, sync: Buffer): Buffer => {
  const data = pack(plain, codec)
  return Buffer.concat([long(count), long(data.length), data, sync])
}

export const file = ({ schema, sync, blocks }: Contents, codec: Codec): Buffer =>
  Buffer.concat([header(schema, codec, sync), ...blocks.map((each) => block(each, codec, sync))])

const parse = (bytes: Buffer): Contents => {
  let at = 4
  const number = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const part = bytes[at++]!
      value += (part & 127) * scale
      if (part < 128) return value / 2
    }
  }
  const take = (size: number) => {
    at += size
    return bytes.subarray(at - size, at)
  }
  const entries = new Map<string, string>()
  for (let count = number(); count > 0; count--) {
    entries.set(take(number()).toString(), take(number()).toString())
  }
  number()
  const sync = take(16)
  const blocks: Array<Block> = []
  while (at < bytes.length) {
    const count = number()
    const data = take(number())
    take(16)
    blocks.push({ count, plain: entries.get("avro.codec") === "deflate" ? inflateRawSync(data) : data })
  }
  return { schema: entries.get("avro.schema")!, sync, blocks }
}

export const eventsOf = ({ schema, blocks }: Contents): ReadonlyArray<Event> => {
  const { read } = Result.getOrThrow(AvroRecord.reader(schema))
  return blocks.flatMap(({ count, plain }) => {
    let at = 0
    return Array.from({ length: count }, () => {
      const { result, end } = read(plain, at)
      at = end!
      return Result.getOrThrow(result)
    })
  })
}

/** One file of one type, in blocks of `perBlock` events. */
export const sample = (
  events: number,
  perBlock = 40,
  type: TypeName = "users.messages.email.Click",
  seed = 1
) => {
  const files: Array<Uint8Array> = []
  SampleExport.write({ folder: "", seed, events: events * 3, types: [type] }, (_, bytes) => files.push(bytes))
  // The first of the three files.
  const whole = parse(Buffer.from(files[0]!))
  const { read } = Result.getOrThrow(AvroRecord.reader(whole.schema))
  const records = whole.blocks.flatMap(({ count, plain }) => {
    let at = 0
    return Array.from({ length: count }, () => {
      const start = at
      at = read(plain, start).end!
      return plain.subarray(start, at)
    })
  })
  const blocks: Array<Block> = []
  for (let at = 0; at < records.length; at += perBlock) {
    const some = records.slice(at, at + perBlock)
    blocks.push({ count: some.length, plain: Buffer.concat(some) })
  }
  return { ...whole, blocks }
}
