/** What an exporter costs that has nothing to do, by the number of files below the folder that it follows. */
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Archive from "../archive.ts"
import type { Ground } from "../ground.ts"
import { launch } from "../launch.ts"
import { programOf } from "../measure.ts"
import type { Measurement, Row } from "../measurement.ts"
import { subject } from "../subjects.ts"

interface Told {
  readonly share: number
  readonly newHour: number
  readonly sameHour: number
  readonly oldHour: number
}

const row = async (ground: Ground, files: number): Promise<Row> => {
  const work = mkdtempSync(join(ground.folder, "idle-"))
  const folder = join(work, "archive")
  const hours = Archive.write(folder, files)
  ground.say(`idle: ${files.toLocaleString("en")} files are written`)
  const options = { outbox: "memory", parts: `${hours}`, rounds: `${files}` }
  const title = `${files.toLocaleString("en")} files`
  const program = programOf(subject("millrace", "idle", title, "idle", options), ground, folder, work)
  const { share, newHour, sameHour, oldHour } = (await launch(program).told) as Told
  ground.say(`idle: ${title}: ${share.toFixed(2)} % of a processor, a new file after ${newHour.toFixed(2)} s`)
  rmSync(work, { recursive: true, force: true })
  return { name: `${files}`, title, figures: { share, newHour, sameHour, oldHour } }
}

export const idle: Measurement = {
  name: "idle",
  title: "Following an archive in which nothing happens",
  of: "",
  columns: [
    { name: "share", head: "% of a processor", digits: 2 },
    { name: "newHour", head: "seconds to take a file of a new hour", digits: 2 },
    { name: "sameHour", head: "of the newest hour", digits: 2 },
    { name: "oldHour", head: "of an older hour", digits: 2 }
  ],
  isLong: true,
  guarded: [],
  usual: { events: 50_000, rounds: 1 },
  run: async (ground, { events }) => ({
    rows: [await row(ground, Math.ceil(events / 13)), await row(ground, events)]
  })
}
