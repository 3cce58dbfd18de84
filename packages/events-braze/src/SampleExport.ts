/**
 * A sample export in Currents' own folder layout: Avro files of one type and one schema each, at most 15,000 events a
 * file, null and deflate codecs, several schema ids, some late events, and damage on request, all counted.
 *
 * Files are made one at a time, so memory stays bounded whatever the number of events. Nothing is written here: the
 * caller gives the function that does.
 *
 * @since 1.0.0
 */
import { gzipSync } from "node:zlib"
import avsc from "avsc"
import { isTypeName, type TypeName, typeNames } from "./Braze.ts"
import * as AvroFile from "./internal/avroFile.ts"
import { allot, type Edition, editions } from "./internal/exportPlan.ts"
import * as Random from "./internal/random.ts"
import * as Sample from "./Sample.ts"

/**
 * What to write.
 *
 * @since 1.0.0
 * @category models
 */
export interface Settings {
  /** Put before every path. */
  readonly folder: string
  readonly seed: number
  /** Events in all, damaged ones included. */
  readonly events: number
  /** Users they are about; one for each ten events unless given. */
  readonly users?: number
  /** All 106 types unless given. */
  readonly types?: ReadonlyArray<TypeName>
  readonly damage?: Damage
}

/**
 * Damage to plant. A file takes one block or one tail, so `Summary.damaged` may tell of less when there are too few
 * files.
 *
 * @since 1.0.0
 * @category models
 */
export interface Damage {
  /** Avro blocks that cannot be read, in as many files; the blocks around them can. */
  readonly blocks?: number
  /** Files cut off in the middle of their last block. */
  readonly tails?: number
  /** Bad lines, shared by an NDJSON file and a gzipped one, which are written only for this. */
  readonly lines?: number
}

/**
 * What was written, exactly.
 *
 * @since 1.0.0
 * @category models
 */
export interface Summary {
  readonly files: number
  readonly bytes: number
  readonly events: number
  /** Those outside damaged blocks and lost tails. */
  readonly readable: number
  readonly damaged: Required<Damage>
  /** Readable events of each type. */
  readonly byType: ReadonlyMap<TypeName, number>
}

/**
 * Writes the export file by file and tells what it holds. The same settings give the same bytes. `writeFile`
 * gets the path, with `/` between folders; the folders may have to be made.
 *
 * @since 1.0.0
 * @category constructors
 */
export const write = (settings: Settings, writeFile: (path: string, bytes: Uint8Array) => void): Summary => {
  const { seed, events, damage = {} } = settings
  const types = settings.types ?? typeList
  const users = Math.max(1, settings.users ?? Math.ceil(events / 10))
  const random = Random.make(seed, 5)
  const sample = Sample.make({ seed, users })
  const integration = `dataexport.prod-01.S3.integration.${random.hex(24)}`
  const badLineCount = damage.lines ?? 0
  const lineEvents = badLineCount === 0 ? 0 : Math.min(200, Math.floor(events / 10))
  const counts = allot(types, events - lineEvents)
  const harmOf = spread(damage, [...counts.values()].map(filesOf))
  let avroFiles = 0
  const byType = new Map<TypeName, number>()
  const planted = { blocks: 0, tails: 0, lines: 0 }
  const totals = { files: 0, bytes: 0, events: 0, readable: 0 }

  const put = (path: string, bytes: Uint8Array) => {
    totals.files++
    totals.bytes += bytes.length
    writeFile(`${settings.folder}/${path}`, bytes)
  }
  const count = (type: TypeName, readable: number) => {
    totals.readable += readable
    byType.set(type, (byType.get(type) ?? 0) + readable)
  }

  const writeAvro = (type: TypeName, edition: Edition, size: number, hour: number, offset: number) => {
    const encoder = avsc.Type.forSchema(JSON.parse(edition.schema), { wrapUnions: false })
    const codec = random.chance(0.5) ? "deflate" : "null"
    const file = AvroFile.make(edition.schema, codec, Buffer.from(random.hex(32), "hex"))
    const harm = harmOf(avroFiles++)
    if (harm !== undefined) planted[harm]++
    const perBlock = Math.min(blockEvents, Math.ceil(size / 3))
    let readable = size
    for (let at = 0; at < size; at += perBlock) {
      const length = Math.min(perBlock, size - at)
      const last = at + length === size
      file.block(
        Array.from({ length }, () =>
          encoder.toBuffer(Sample.toAvroRecord(sample.event(type, totals.events++, eventTime(random, hour))))
        )
      )
      const harmed = harm === "blocks" ? at === 0 : harm === "tails" && last
      if (!harmed) continue
      readable -= length
      if (harm === "blocks") file.damage()
      else file.truncate()
    }
    count(type, readable)
    const date = new Date(hour).toISOString().slice(0, 13).replace("T", "-")
    const folder = `${integration}/event_type=${type}/date=${date}/${edition.schemaId}/prod-01`
    const name = `${integration}+${random.below(8)}+${String(offset).padStart(10, "0")}.avro`
    put(`${folder}/${name}`, file.bytes())
  }

  const writeLines = (name: string, size: number, bad: number, pack: (bytes: Buffer) => Uint8Array) => {
    const lines: Array<string> = []
    for (let i = 0; i < Math.max(size, bad); i++) {
      if (i < bad) lines.push(badLines[i % badLines.length]!)
      if (i >= size) continue
      const type = types[random.below(types.length)]!
      const event = sample.event(type, totals.events++, eventTime(random, start))
      lines.push(JSON.stringify(Sample.toCustomHttp(event)))
      count(type, 1)
    }
    planted.lines += bad
    put(name, pack(Buffer.from(lines.map((line) => `${line}\n`).join(""))))
  }

  for (const [type, total] of counts) {
    const versions = editions(type, typeList.indexOf(type))
    const files = filesOf(total)
    for (let file = 0, offset = 0; file < files; file++) {
      const size = Math.ceil((total - offset) / (files - file))
      const hour = start + Math.floor((file * 24 + random.below(24)) / files) * hourLength
      writeAvro(type, versions[file % 3 === 0 ? 1 : 0]!, size, hour, offset)
      offset += size
    }
  }
  if (badLineCount > 0) {
    const half = (count: number) => [Math.ceil(count / 2), Math.floor(count / 2)] as const
    const [plainEvents, packedEvents] = half(lineEvents)
    const [plainBad, packedBad] = half(badLineCount)
    writeLines("lines/events.ndjson", plainEvents, plainBad, (bytes) => bytes)
    writeLines("lines/events.ndjson.gz", packedEvents, packedBad, (bytes) => gzipSync(bytes))
  }
  return { ...totals, damaged: planted, byType }
}

// internal

/** Braze closes a file at 15,000 events (Currents: event delivery semantics). */
const fileEvents = 15_000
const blockEvents = 500
const hourLength = 3_600_000
const start = Date.UTC(2026, 5, 29)
const typeList = [...typeNames].filter(isTypeName)

const filesOf = (events: number): number => Math.max(Math.ceil(events / fileEvents), Math.min(3, events))

/** Which file takes which damage: at equal distances over the whole export. */
const spread = ({ blocks = 0, tails = 0 }: Damage, files: ReadonlyArray<number>) => {
  const total = files.reduce((sum, count) => sum + count, 0)
  const stride = Math.max(1, Math.floor(total / Math.max(1, blocks + tails)))
  return (file: number): "blocks" | "tails" | undefined => {
    const turn = Math.floor(file / stride)
    if (file % stride !== stride >> 1 || turn >= blocks + tails) return undefined
    return turn < blocks ? "blocks" : "tails"
  }
}

/** Cut off, not JSON, without an id. */
const badLines = [
  '{"event_type":"users.canvas.Entry","id":"c0',
  "not json",
  '{"event_type":"users.canvas.Entry","time":1782742805}'
]

/** The hour is when Braze queued the event: of a device that was offline it comes days late. */
const eventTime = (random: Random.Random, hour: number): number =>
  hour + random.below(hourLength) - (random.chance(0.05) ? random.below(72) * hourLength : 0)
