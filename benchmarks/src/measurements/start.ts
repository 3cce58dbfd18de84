/** From the command line to the first request: what a deployment or a crash costs. */
import { mkdtempSync } from "node:fs"
import { join } from "node:path"
import * as Command from "../command.ts"
import { firstRequest } from "../firstRequest.ts"
import type { Ground } from "../ground.ts"
import { launch } from "../launch.ts"
import type { Measurement, Row } from "../measurement.ts"
import * as Published from "../published.ts"
import { median } from "../statistics.ts"

export const start: Measurement = {
  name: "start",
  title: "Start of the command",
  of: "",
  columns: [
    { name: "seconds", head: "seconds to the first request", digits: 2 },
    { name: "best", head: "best", digits: 2 }
  ],
  isLong: false,
  guarded: [],
  usual: { events: 10_000, rounds: 5 },
  run: async (ground, { events, rounds }) => {
    const input = ground.sample("ndjson", events)
    const warm = mkdtempSync(join(ground.folder, "cache-"))
    // Compiled code is written when a run ends by itself.
    await launch(options(ground, input, warm)).told
    const times = { cold: [] as Array<number>, warm: [] as Array<number> }
    for (let round = 0; round < rounds; round++) {
      const cold = mkdtempSync(join(ground.folder, "cache-"))
      for (const [name, cache] of [["cold", cold] as const, ["warm", warm] as const]) {
        const { milliseconds } = await firstRequest(ground.remote, options(ground, input, cache))
        ground.say(`start: ${name} compile cache: ${milliseconds} ms`)
        times[name].push(milliseconds / 1000)
      }
    }
    return {
      rows: [
        row("cold", "compile cache empty: the first start on a machine", times.cold),
        row("warm", "compile cache filled: every start after", times.warm)
      ]
    }
  }
}

const row = (name: string, title: string, seconds: ReadonlyArray<number>): Row => ({
  name,
  title,
  figures: { seconds: median(seconds), best: Math.min(...seconds) }
})

/** As a user starts it, without any flag: it gives itself those it needs. */
const options = (ground: Ground, input: string, compileCache: string) => {
  const work = mkdtempSync(join(ground.folder, "work-"))
  return {
    name: "the command",
    arguments: [Published.command(ground), ...Command.prepare({ url: ground.remote.url, input, work })],
    work,
    compileCache
  }
}
