/** What a second thread that reads brings: the command over the same files, against the server and without it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Command from "../command.ts"
import type { Ground } from "../ground.ts"
import { measure, type Run } from "../measure.ts"
import { type Measurement, mebibytes, type Row } from "../measurement.ts"
import { median } from "../statistics.ts"
import { commandWith } from "../subjects.ts"

/** A thread reads file by file. */
const files = 16

const variants = [
  { name: "remote-1", title: "one worker, the server", workers: 1, remote: true },
  { name: "remote-2", title: "two workers, the server", workers: 2, remote: true },
  { name: "memory-1", title: "one worker, a transport in memory", workers: 1, remote: false },
  { name: "memory-2", title: "two workers, a transport in memory", workers: 2, remote: false }
] as const

export const workers: Measurement = {
  name: "workers",
  title: "Workers",
  of: "",
  columns: [
    { name: "rate", head: "events/s", digits: 0 },
    { name: "best", head: "best", digits: 0 },
    { name: "cpu", head: "µs CPU per event", digits: 1 },
    { name: "peak", head: "peak MiB", digits: 0 }
  ],
  isLong: false,
  guarded: [],
  usual: { events: 300_000, rounds: 3 },
  run: async (ground, { events, rounds }) => {
    const input = inPieces(ground, events)
    const runs = new Map(variants.map((variant) => [variant, [] as Array<Run>]))
    for (let round = 0; round < rounds; round++) {
      for (const variant of variants) {
        const subject = commandWith(variant.name, variant.title, {
          workers: variant.workers,
          ...(variant.remote ? {} : { destination: Command.inMemory })
        })
        const run = await measure(subject, ground, input)
        ground.say(`workers: ${variant.title}: ${((events * 1000) / run.wall).toFixed(0)} events/s`)
        runs.get(variant)!.push(run)
      }
    }
    return { rows: [...runs].map(([variant, all]) => row(variant, all, events)) }
  }
}

const row = ({ name, title }: Pick<Row, "name" | "title">, runs: ReadonlyArray<Run>, events: number): Row => {
  const rates = runs.map(({ wall }) => (events * 1000) / wall)
  return {
    name,
    title,
    figures: {
      rate: median(rates),
      best: Math.max(...rates),
      cpu: median(runs.map(({ cpu }) => cpu)) / events,
      peak: mebibytes(median(runs.map(({ peak }) => peak)))
    }
  }
}

const inPieces = (ground: Ground, events: number): string => {
  const lines = readFileSync(ground.sample("ndjson", events), "utf8").trimEnd().split("\n")
  const folder = join(ground.folder, "pieces")
  mkdirSync(folder, { recursive: true })
  const size = Math.ceil(lines.length / files)
  for (let piece = 0; piece < files; piece++) {
    const text = lines.slice(piece * size, (piece + 1) * size).map((line) => `${line}\n`)
    writeFileSync(join(folder, `${piece}.ndjson`), text.join(""))
  }
  return folder
}
