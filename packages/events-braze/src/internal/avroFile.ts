import { deflateRawSync } from "node:zlib"

/** An Avro container file, put together block by block. */
export interface Writer {
  readonly block: (records: ReadonlyArray<Buffer>) => void
  /** Makes the latest block unreadable: its first value can be neither inflated nor decoded. */
  readonly damage: () => void
  /** Cuts the file in the middle of the latest block. */
  readonly truncate: () => void
  readonly bytes: () => Buffer
}

/** Zigzag varint of a number that is not negative. */
const long = (value: number): Buffer => {
  const bytes: Array<number> = []
  let rest = value * 2
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}

const text = (value: string): ReadonlyArray<Buffer> => {
  const bytes = Buffer.from(value)
  return [long(bytes.length), bytes]
}

/** With the null codec the header names none, as in Currents' own files. `sync` is 16 bytes. */
export const make = (schema: string, codec: "null" | "deflate", sync: Buffer): Writer => {
  const meta = [["avro.schema", schema], ...(codec === "deflate" ? [["avro.codec", codec]] : [])]
  const header = [Buffer.from("Obj\x01", "latin1"), long(meta.length)]
  const parts = [...header, ...meta.flat().flatMap(text), long(0), sync]
  let latest: Buffer = Buffer.alloc(0)
  return {
    block: (records) => {
      const plain = Buffer.concat(records)
      latest = codec === "deflate" ? deflateRawSync(plain) : plain
      parts.push(long(records.length), long(latest.length), latest, sync)
    },
    damage: () => {
      // As deflate a reserved block type; as Avro a number that never ends and a union branch that does not exist.
      latest.fill(0xff, 0, Math.min(latest.length, 11))
    },
    truncate: () => {
      parts.pop()
      parts[parts.length - 1] = latest.subarray(0, latest.length >> 1)
    },
    bytes: () => Buffer.concat(parts)
  }
}
