/**
 * What a second thread that reads brings: the command over the same files, against the server and without it. And what two
 * processes bring that share nothing, each with half of the files: more than that the machine does not give.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Ground } from "../ground.ts"
import { measure, type Run } from "../measure.ts"
import { type Measurement, mebibytes, type Row } from "../measurement.ts"
import * as Published from "../published.ts"
import { median } from "../statistics.ts"
import { commandWith } from "../subjects.ts"

/** A thread reads file by file. */
const files = 16

const variants = ([true, false] as const).flatMap((remote) => {
  const kind = remote ? "remote" : "memory"
  const what = remote ? "the server" : "a transport in memory"
  return [
    { name: `${kind}-1`, title: `one worker, ${what}`, workers: 1, processes: 1, remote },
    { name: `${kind}-2`, title: `two workers, ${what}`, workers: 2, processes: 1, remote },
    { name: `${kind}-halves`, title: `two processes, half each, ${what}`, workers: 1, processes: 2, remote }
  ]
})

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
  // So many that a start and a warm-up hardly count.
  usual: { events: 600_000, rounds: 3 },
  run: async (ground, { events, rounds }) => {
    const inputs = new Map([1, 2].map((processes) => [processes, inPieces(ground, events, processes)]))
    const runs = new Map(variants.map((variant) => [variant, [] as Array<Figures>]))
    for (let round = 0; round < rounds; round++) {
      for (const variant of variants) {
        const subject = commandWith(variant.name, variant.title, {
          workers: variant.workers,
          ...(variant.remote ? {} : { destination: Published.own(ground, "memoryDestination.ts") })
        })
        const all = await Promise.all(
          inputs.get(variant.processes)!.map((input) => measure(subject, ground, input))
        )
        const run = together(all)
        ground.say(`workers: ${variant.title}: ${((events * 1000) / run.wall).toFixed(0)} events/s`)
        runs.get(variant)!.push(run)
      }
    }
    return { rows: [...runs].map(([variant, all]) => row(variant, all, events)) }
  }
}

type Figures = Pick<Run, "wall" | "cpu" | "peak">

const together = (runs: ReadonlyArray<Run>): Figures => ({
  wall: Math.max(...runs.map(({ wall }) => wall)),
  cpu: runs.reduce((sum, { cpu }) => sum + cpu, 0),
  peak: runs.reduce((sum, { peak }) => sum + peak, 0)
})

const row = (
  { name, title }: Pick<Row, "name" | "title">,
  runs: ReadonlyArray<Figures>,
  events: number
): Row => {
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

/** The folders that as many processes read. */
const inPieces = (ground: Ground, events: number, processes: number): ReadonlyArray<string> => {
  const lines = readFileSync(ground.sample("ndjson", events), "utf8").trimEnd().split("\n")
  const size = Math.ceil(lines.length / files)
  const folders = Array.from({ length: processes }, (_, process) =>
    join(ground.folder, "pieces", `${process + 1} of ${processes}`)
  )
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  for (let piece = 0; piece < files; piece++) {
    const text = lines.slice(piece * size, (piece + 1) * size).map((line) => `${line}\n`)
    writeFileSync(join(folders[piece % processes]!, `${piece}.ndjson`), text.join(""))
  }
  return folders
}
