/** Inputs that no memory holds: one file of two gigabytes, and twenty thousand small ones. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs"
import { statfs } from "node:fs/promises"
import { join } from "node:path"
import type { Ground } from "../ground.ts"
import { measure } from "../measure.ts"
import { type Measurement, mebibytes, type Row } from "../measurement.ts"
import { subject } from "../subjects.ts"

/** Disk that it takes: the larger input, what waits on its way, and room to spare. */
const needed = 3e9
const fileSize = 2e9
/** Of the sample that is written over and over. */
const sampleEvents = 50_000
const smallFiles = 20_000
const perSmallFile = 25
const perFolder = 500

interface Made {
  readonly path: string
  readonly title: string
  readonly events: number
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
  run: async (ground) => {
    const { bavail, bsize } = await statfs(ground.folder)
    const free = bavail * bsize
    if (ground.events === undefined && free < needed) {
      const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
      throw new Error(
        `large needs ${gigabytes(needed)} of disk for temporary files, ${gigabytes(free)} are free`
      )
    }
    const file = await row(ground, "file", oneFile(ground))
    const files = await row(ground, "files", manyFiles(ground))
    return { events: file.figures["events"]!, rounds: 1, rows: [file, files] }
  }
}

const row = async (ground: Ground, name: string, { events, path, title }: Made): Promise<Row> => {
  const { cpu, peak, read, wall } = await measure<{ readonly read: number }>(
    subject("millrace", name, title, "watched", { outbox: "sqlite" }),
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
const oneFile = (ground: Ground): Made => {
  const lines = linesOf(ground)
  const copies = Math.ceil((ground.events ?? (fileSize / lines.length) * sampleEvents) / sampleEvents)
  const path = join(ground.folder, "large.ndjson")
  const file = openSync(path, "w")
  for (let copy = 0; copy < copies; copy++) writeSync(file, lines)
  closeSync(file)
  const size = ((copies * lines.length) / 1e9).toFixed(2)
  return { path, title: `one file of ${size} GB`, events: copies * sampleEvents }
}

/** The sample in pieces. */
const manyFiles = (ground: Ground): Made => {
  const lines = linesOf(ground).toString().trim().split("\n")
  const count = ground.events === undefined ? smallFiles : Math.ceil(ground.events / perSmallFile)
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
