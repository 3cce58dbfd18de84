/** From the start to the first request with a million events waiting. */
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Command from "../command.ts"
import { firstRequest } from "../firstRequest.ts"
import type { Ground } from "../ground.ts"
import { compileCacheOf, launch, type Program } from "../launch.ts"
import { measure, programOf } from "../measure.ts"
import type { Measurement } from "../measurement.ts"
import * as Published from "../published.ts"
import { median } from "../statistics.ts"
import { subject } from "../subjects.ts"

/** Anonymous users' events are read and do not wait. */
const shareWaiting = 0.94

const fill = subject("millrace", "fill", "Millrace without keys", "fill", { outbox: "sqlite" })
const resume = subject("millrace", "resume", "the library", "resume", { outbox: "sqlite" })

export const restart: Measurement = {
  name: "restart",
  title: "Restart with events waiting",
  of: "",
  columns: [
    { name: "seconds", head: "seconds to the first request", digits: 2 },
    { name: "best", head: "best", digits: 2 },
    { name: "opening", head: "ms to open the outbox", digits: 0 },
    { name: "waiting", head: "events waiting", digits: 0 }
  ],
  isLong: true,
  guarded: [],
  usual: { events: 1_000_000, rounds: 3 },
  run: async (ground, { events, rounds }) => {
    const input = ground.sample("ndjson", Math.ceil(events / shareWaiting))
    const work = mkdtempSync(join(ground.folder, "waiting-"))
    ground.say("restart: filling an outbox")
    const { waiting } = await measure<{ readonly waiting: number }>(fill, ground, input, { work })
    if (waiting < events) throw new Error(`only ${waiting} events are waiting`)
    const programs = programsOf(ground, input, work)
    // A whole run fills the compile cache, as it was on a machine that restarts.
    await warm(ground)
    const times = { command: [] as Array<number>, library: [] as Array<number> }
    const opening: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      for (const name of ["command", "library"] as const) {
        const { milliseconds, told } = await firstRequest(ground.remote, programs[name])
        ground.say(`restart: ${name}: ${milliseconds} ms`)
        times[name].push(milliseconds / 1000)
        if ("opening" in told) opening.push(Number(told.opening))
      }
    }
    rmSync(work, { recursive: true })
    const figures = (seconds: ReadonlyArray<number>) => ({
      seconds: median(seconds),
      best: Math.min(...seconds),
      waiting
    })
    const { command, library } = times
    return {
      rows: [
        { name: "command", title: "the command", figures: figures(command) },
        {
          name: "library",
          title: "the library",
          figures: { ...figures(library), opening: median(opening) }
        }
      ]
    }
  }
}

const programsOf = (
  ground: Ground,
  input: string,
  work: string
): { readonly command: Program; readonly library: Program } => ({
  command: {
    name: "the command",
    arguments: [Published.command(ground), ...Command.prepare({ url: ground.remote.url, input, work })],
    work,
    compileCache: compileCacheOf(ground.folder)
  },
  library: programOf(resume, ground, input, work)
})

const warm = async (ground: Ground): Promise<void> => {
  const programs = programsOf(
    ground,
    ground.sample("ndjson", 1000),
    mkdtempSync(join(ground.folder, "work-"))
  )
  for (const program of Object.values(programs)) await launch(program).told
}
