/** Inputs that no memory holds: one file of two gigabytes, twenty thousand small ones, and the same as objects of a bucket. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs"
import { statfs } from "node:fs/promises"
import { join } from "node:path"
import type { Ground } from "../ground.ts"
import { measure } from "../measure.ts"
import { type Measurement, mebibytes, type Row } from "../measurement.ts"
import { subject } from "../subjects.ts"

/** Bytes of disk for an event: the larger input, what waits on its way, and room to spare. */
const perEvent = 1200
/** Of the sample that is written over and over. */
const sampleEvents = 50_000
const perSmallFile = 25
/** Events of the large file for each small one: 20,000 of these beside two gigabytes. */
const eventsForFile = 130
const perFolder = 500

interface Made {
  readonly path: string
  readonly title: string
  readonly events: number
  /** Read from S3. */
  readonly store?: "bucket"
}

export const large: Measurement = {
  name: "large",
  title: "Large inputs",
  of: "",
  columns: [
    { name: "peak", head: "peak MiB", digits: 0 },
    { name: "cpu", head: "µs CPU per event", digits: 1 },
    { name: "rate", head: "events/s", digits: 0 },
    { name: "events", head: "events", digits: 0 }
  ],
  isLong: true,
  guarded: [["peak"]],
  // Two gigabytes.
  usual: { events: 2_600_000, rounds: 1 },
  run: async (ground, { events }) => {
    const { bavail, bsize } = await statfs(ground.folder)
    const free = bavail * bsize
    const needed = events * perEvent
    if (free < needed) {
      const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
      throw new Error(
        `large needs ${gigabytes(needed)} of disk for temporary files, ${gigabytes(free)} are free`
      )
    }
    const file = await row(ground, "file", oneFile(ground, events))
    const many = Math.ceil(events / eventsForFile)
    const files = await row(ground, "files", manyFiles(ground, many))
    const objects = await row(ground, "objects", { ...manyFiles(ground, many), store: "bucket" })
    return { rows: [file, files, objects] }
  }
}

const row = async (
  ground: Ground,
  name: string,
  { events, path, store, title: input }: Made
): Promise<Row> => {
  const title = store === undefined ? input : `${input}, in a bucket`
  const { cpu, peak, read, wall } = await measure<{ readonly read: number }>(
    subject("millrace", name, title, "watched", {
      outbox: "sqlite",
      ...(store === undefined ? {} : { store })
    }),
    ground,
    path
  )
  rmSync(path, { recursive: true })
  if (read !== events) throw new Error(`${title}: ${read} of ${events} events were read`)
  ground.say(`large: ${title}: ${mebibytes(peak).toFixed(0)} MiB, ${(wall / 1000).toFixed(0)} s`)
  return {
    name,
    title,
    figures: { peak: mebibytes(peak), cpu: cpu / events, rate: (events * 1000) / wall, events }
  }
}

const linesOf = (ground: Ground): Buffer => readFileSync(ground.sample("ndjson", sampleEvents))

/** The sample, as often as it takes. */
const oneFile = (ground: Ground, events: number): Made => {
  const lines = linesOf(ground)
  const copies = Math.ceil(events / sampleEvents)
  const path = join(ground.folder, "large.ndjson")
  const file = openSync(path, "w")
  for (let copy = 0; copy < copies; copy++) writeSync(file, lines)
  closeSync(file)
  const size = ((copies * lines.length) / 1e9).toFixed(2)
  return { path, title: `one file of ${size} GB`, events: copies * sampleEvents }
}

/** The sample in pieces. */
const manyFiles = (ground: Ground, count: number): Made => {
  const lines = linesOf(ground).toString().trim().split("\n")
  const path = join(ground.folder, "small")
  for (let number = 0; number < count; number++) {
    const folder = join(path, String(Math.floor(number / perFolder)))
    if (number % perFolder === 0) mkdirSync(folder, { recursive: true })
    const from = (number * perSmallFile) % lines.length
    writeFileSync(
      join(folder, `${String(number).padStart(6, "0")}.ndjson`),
      lines.slice(from, from + perSmallFile).join("\n") + "\n"
    )
  }
  return {
    path,
    title: `${count.toLocaleString("en")} files of ${perSmallFile} events`,
    events: count * perSmallFile
  }
}
