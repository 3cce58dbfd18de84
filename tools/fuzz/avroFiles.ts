/** Avro containers that are joined, lie about themselves, or ask for more than they are. */
import { gzipSync } from "node:zlib"
import type { Random } from "../../packages/events-braze/src/internal/random.ts"
import * as Events from "./events.ts"
import type { Made } from "./input.ts"

type Kind = (random: Random) => Made

const avro = ".avro"
const packed = ".avro.gz"
const mebibyte = 1024 * 1024
const flat = (ids: ReadonlyArray<ReadonlyArray<string>>) => ids.flat()

/** As the file itself, as one gzip member, or with a member of its own for each part. */
const dress = (random: Random, parts: ReadonlyArray<Buffer>): Pick<Made, "bytes" | "ending"> => {
  const way = random.below(3)
  if (way === 0) return { bytes: Buffer.concat(parts), ending: avro }
  if (way === 1) return { bytes: gzipSync(Buffer.concat(parts)), ending: packed }
  return { bytes: Buffer.concat(parts.map((part) => gzipSync(part))), ending: packed }
}

const joined: Kind = (random) => {
  const containers = Array.from({ length: 2 + random.below(3) }, () => Events.container(random))
  const first = containers[0]!.sync
  const parts = containers.map((each) =>
    Events.file(random.chance(0.2) ? { ...each, sync: first } : each, Events.codec(random))
  )
  return { ...dress(random, parts), ids: flat(containers.flatMap(({ ids }) => ids)), isClean: true }
}

interface Laid {
  readonly bytes: Buffer
  /** Where each block ends. */
  readonly ends: ReadonlyArray<number>
  readonly start: number
}

const lay = (container: Events.Container, random: Random): Laid => {
  const codec = Events.codec(random)
  const head = Events.header(container.schema, codec, container.sync)
  const blocks = container.blocks.map((block) => Events.block(block, codec, container.sync))
  let at = head.length
  const ends = blocks.map(({ length }) => {
    at += length
    return at
  })
  return { bytes: Buffer.concat([head, ...blocks]), ends, start: head.length }
}

const truncated: Kind = (random) => {
  const container = Events.container(random)
  const { bytes, ends, start } = lay(container, random)
  const cut = 4 + random.below(bytes.length - 5)
  return {
    bytes: bytes.subarray(0, cut),
    ids: flat(container.ids.filter((_, at) => ends[at]! <= cut)),
    ending: avro,
    isHarmed: cut !== start && !ends.includes(cut)
  }
}

const truncatedGzip: Kind = (random) => {
  const bytes = gzipSync(lay(Events.container(random), random).bytes)
  return {
    bytes: bytes.subarray(0, 12 + random.below(bytes.length - 13)),
    ids: [],
    ending: packed,
    isHarmed: true
  }
}

const numbers = [
  -1,
  -2,
  0,
  1,
  2,
  7,
  63,
  64,
  127,
  1000,
  65_536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 40,
  2 ** 53 - 1
]

/** A block whose count or length is not what follows; the others stand as they should. */
const lyingBlock: Kind = (random) => {
  const container = Events.container(random)
  const victim = random.below(container.blocks.length)
  const liesOfCount = random.chance(0.5)
  const parts = container.blocks.map((block, at) => {
    if (at !== victim) return Events.block(block, "null", container.sync)
    const number = random.pick(numbers)
    const [count, length] = liesOfCount ? [number, block.plain.length] : [block.count, number]
    return Buffer.concat([Events.long(count), Events.long(length), block.plain, container.sync])
  })
  const bytes = Buffer.concat([Events.header(container.schema, "null", container.sync), ...parts])
  // A length may lead to the end of the file or to another marker, so that more than its own block is lost.
  const before = container.ids.filter((_, at) => (liesOfCount ? at !== victim : at < victim))
  return { bytes, ids: flat(before), ending: avro }
}

const lyingHeader: Kind = (random) => {
  const container = Events.container(random)
  const { bytes, start } = lay(container, random)
  const at = 4 + random.below(start - 4)
  const lie = Events.long(random.pick(numbers))
  const cut = random.chance(0.5) ? lie.length : 1
  return {
    bytes: Buffer.concat([bytes.subarray(0, at), lie, bytes.subarray(at + cut)]),
    ids: [],
    ending: avro
  }
}

/** The schema changed, the data as before. */
const changeField = (schema: string, change: (field: { name: string; type: unknown }) => unknown): string => {
  const record = JSON.parse(schema)
  return JSON.stringify({ ...record, fields: record.fields.map(change) })
}

const logical: Kind = (random) => {
  const container = Events.container(random)
  const unit = random.pick(["timestamp-millis", "timestamp-micros", "timestamp-nanos", "unknown"])
  const schema = changeField(container.schema, (field) =>
    field.name === "time" ? { ...field, type: { type: "long", logicalType: unit } } : field
  )
  return {
    ...dress(random, [Events.file({ ...container, schema }, Events.codec(random))]),
    ids: flat(container.ids)
  }
}

const others: ReadonlyArray<unknown> = [
  ...["string", "bytes", "int", "long", "float", "double", "boolean", "null"],
  ["null", "string"],
  ["null", "double", { type: "array", items: "string" }],
  { type: "array", items: "null" },
  { type: "map", values: "long" },
  { type: "fixed", name: "Fixed", size: 16 },
  { type: "fixed", name: "Huge", size: 2 ** 31 },
  { type: "enum", name: "Enum", symbols: ["A", "B"] },
  { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 },
  { type: "int", logicalType: "date" },
  [],
  "Unknown",
  "__proto__"
]

const otherType: Kind = (random) => {
  const container = Events.container(random)
  const names = JSON.parse(container.schema).fields.map(({ name }: { readonly name: string }) => name)
  const name = random.pick<string>(names)
  const schema = changeField(container.schema, (field) =>
    field.name === name ? { ...field, type: random.pick(others) } : field
  )
  return { ...dress(random, [Events.file({ ...container, schema }, Events.codec(random))]), ids: [] }
}

const mark = "@here@"

/** `type` is JSON, which may be too deep to be written by `JSON.stringify`. */
const addField = (schema: string, type: string): string => {
  const record = JSON.parse(schema)
  const marked = JSON.stringify({ ...record, fields: [...record.fields, { name: "added", type: mark }] })
  return marked.replace(`"${mark}"`, () => type)
}

const record = (name: string, ...types: ReadonlyArray<unknown>) => ({
  type: "record",
  name,
  fields: types.map((type, at) => ({ name: `f${at}`, type }))
})

/** Each level holds the one below twice. */
const doubling = (levels: number): unknown =>
  levels === 0 ? record("L0") : record(`L${levels}`, doubling(levels - 1), `L${levels - 1}`)
/** As deep as that, in arrays. */
const deep = (levels: number): string =>
  `${'{"type":"array","items":'.repeat(levels)}"null"${"}".repeat(levels)}`

const explosions: ReadonlyArray<() => string> = [
  () => JSON.stringify(doubling(40)),
  () => JSON.stringify(doubling(90)),
  () => deep(6000),
  () => JSON.stringify(record("Self", "Self")),
  () => JSON.stringify(Array(5000).fill("null")),
  () => `{"type":"enum","name":"Many","symbols":[${Array.from({ length: 20_000 }, (_, at) => `"S${at}"`)}]}`
]

const explodingSchema: Kind = (random) => {
  const container = Events.container(random)
  const schema = addField(container.schema, random.pick(explosions)())
  return {
    ...dress(random, [Events.file({ ...container, schema }, Events.codec(random))]),
    ids: [],
    isHarmed: true
  }
}

/** A record that says it has millions of items of no bytes. */
const emptyItems: Kind = (random) => {
  const container = Events.container(random)
  const schema = addField(
    container.schema,
    JSON.stringify({ type: "array", items: random.pick<unknown>(["null", record("E")]) })
  )
  const count = random.pick([1_000_000, 50_000_000, 2 ** 31, 2 ** 40, -1_000_000])
  const blocks = container.blocks.map(({ plain }) => ({
    count: 1,
    plain: Buffer.concat([plain, Events.long(count), Events.long(0)])
  }))
  const bytes = Events.file({ ...container, schema, blocks: blocks.slice(0, 1) }, Events.codec(random))
  return { ...dress(random, [bytes]), ids: [] }
}

/** Zeros, which pack well: the block is small, what it holds is not. */
const bombs = new Map<number, Buffer>()
const zeros = (size: number): Buffer => {
  const found = bombs.get(size) ?? Buffer.alloc(size)
  bombs.set(size, found)
  return found
}

const unpacks: Kind = (random) => {
  const container = Events.container(random)
  const size = random.pick([1, 8, 30, 63, 65]) * mebibyte
  const bomb = { count: random.pick([1, 100, 1_000_000]), plain: zeros(size) }
  const bytes = Events.file({ ...container, blocks: [bomb, ...container.blocks] }, "deflate")
  return { bytes, ids: flat(container.ids), ending: avro, isHarmed: true, block: size }
}

/** Values that pack as well, in events that are right but for their size. */
const longValues: Kind = (random) => {
  const container = Events.container(random)
  const size = random.pick([1, 7, 9, 30]) * mebibyte
  const value = Buffer.concat([Events.long(size), Buffer.alloc(size, 0x78)])
  const blocks = container.blocks.map(({ plain }) => ({ count: 1, plain: Buffer.concat([plain, value]) }))
  const schema = addField(container.schema, '"string"')
  const bytes = Events.file({ ...container, schema, blocks: blocks.slice(0, 2) }, "deflate")
  return { bytes, ids: [], ending: avro, isHarmed: size > 8 * mebibyte, block: size }
}

/** One event again and again. */
const manyEvents: Kind = (random) => {
  const container = Events.container(random)
  const [first] = container.blocks
  const times = random.pick([500, 2_000])
  const block = { count: first!.count * times, plain: Buffer.concat(Array(times).fill(first!.plain)) }
  const bytes = Events.file({ ...container, blocks: [block, ...container.blocks] }, "deflate")
  return { bytes, ids: flat(container.ids), ending: avro, isClean: true, block: block.plain.length }
}

export const kinds: ReadonlyArray<readonly [weight: number, name: string, make: Kind]> = [
  [60, "joined containers", joined],
  [40, "a container cut off", truncated],
  [20, "a packed container cut off", truncatedGzip],
  [50, "a block that lies", lyingBlock],
  [60, "a header that lies", lyingHeader],
  [20, "a logical type on time", logical],
  [40, "a field of another type", otherType],
  [15, "a schema that explodes", explodingSchema],
  [8, "empty items", emptyItems],
  [1, "a block that unpacks to much", unpacks],
  [2, "a block of long values", longValues],
  [0.2, "a block of many events", manyEvents]
]
