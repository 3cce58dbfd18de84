/** Reads Avro exports as a plain program would do it well: a file at once, its blocks by avsc. */
import { readdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { inflateRawSync } from "node:zlib"
import avsc from "avsc"
import type { CurrentsEvent } from "./message.ts"

interface FlatRecord {
  readonly [field: string]: string | number | boolean | null
}

interface Header {
  readonly meta: { readonly [name: string]: Buffer }
  readonly sync: Buffer
}

const header = avsc.Type.forSchema({
  type: "record",
  name: "Header",
  fields: [
    { name: "magic", type: { type: "fixed", name: "Magic", size: 4 } },
    { name: "meta", type: { type: "map", values: "bytes" } },
    { name: "sync", type: { type: "fixed", name: "Sync", size: 16 } }
  ]
})
const long = avsc.Type.forSchema("long")

/** Types by the text of their schema: most files of a type have the same. */
const types = new Map<string, avsc.Type>()

const typeOf = (schema: string): avsc.Type => {
  const found = types.get(schema) ?? avsc.Type.forSchema(JSON.parse(schema))
  types.set(schema, found)
  return found
}

/** Hands every event on at once; after each file it waits for `room`. */
export const readAvro = async (
  folder: string,
  take: (event: CurrentsEvent) => void,
  room: () => Promise<void>
): Promise<void> => {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".avro")) continue
    const event_type = /event_type=([^/]+)/.exec(name)?.[1] ?? ""
    const bytes = await readFile(join(folder, name))
    const { offset, value }: { readonly offset: number; readonly value: Header } = header.decode(bytes)
    const type = typeOf(String(value.meta["avro.schema"]))
    const isDeflated = String(value.meta["avro.codec"]) === "deflate"
    for (let at = offset; at < bytes.length; ) {
      const count = long.decode(bytes, at)
      const size = long.decode(bytes, count.offset)
      const end = size.offset + size.value
      const packed = bytes.subarray(size.offset, end)
      const block = isDeflated ? inflateRawSync(packed) : packed
      let read = 0
      for (let i = 0; i < count.value; i++) {
        const record = type.decode(block, read)
        read = record.offset
        take(eventOf(event_type, record.value))
      }
      at = end + value.sync.length
    }
    await room()
  }
}

const eventOf = (event_type: string, record: FlatRecord): CurrentsEvent => ({
  event_type,
  id: String(record["id"]),
  time: Number(record["time"]),
  user: {
    external_user_id: text(record["external_user_id"]),
    device_id: text(record["device_id"])
  },
  properties: record
})

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
