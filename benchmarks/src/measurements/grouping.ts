/** What grouping by user saves of mParticle's rate limit, which counts its batches. */
import { join } from "node:path"
import type { Ground } from "../ground.ts"
import * as Journeys from "../journeys.ts"
import { measure } from "../measure.ts"
import type { Measurement, Row } from "../measurement.ts"
import { subject } from "../subjects.ts"

/** A user has some three and a half events in an upload; the small upload is a tenth of the large one. */
const usersOf = (events: number) => {
  const large = Math.ceil(events / 3.55)
  return { small: Math.ceil(large / 10), large }
}

const modes = ["event", "user"] as const

export const grouping: Measurement = {
  name: "grouping",
  title: "Grouping by user",
  of: "",
  columns: [
    { name: "batches", head: "mParticle batches per 1,000 events", digits: 0 },
    { name: "requests", head: "requests per 1,000 events", digits: 1 },
    { name: "seconds", head: "seconds", digits: 1 }
  ],
  isLong: false,
  guarded: [["batches"], ["requests"]],
  usual: { events: 35_500, rounds: 1 },
  run: async (ground, { events }) => {
    const rows: Array<Row> = []
    ground.remote.order({ counting: true })
    for (const [size, users] of Object.entries(usersOf(events))) {
      const folder = join(ground.folder, `journeys-${size}`)
      const written = Journeys.write(folder, Journeys.upload(0, users))
      for (const mode of modes) rows.push(await row(ground, `${size}-${mode}`, folder, written, mode))
    }
    ground.remote.order({})
    return { rows }
  }
}

const row = async (
  ground: Ground,
  name: string,
  folder: string,
  written: number,
  mode: (typeof modes)[number]
): Promise<Row> => {
  const title = `an upload of ${written.toLocaleString("en")} events, \`grouping: ${mode}\``
  const { batches, events, requests, wall } = await measure(
    subject("millrace", name, title, "millrace", { outbox: "sqlite", grouping: mode }),
    ground,
    folder
  )
  if (events !== written) throw new Error(`${title}: ${events} of them arrived`)
  ground.say(`grouping: ${title}: ${batches} mParticle batches`)
  return {
    name,
    title,
    figures: {
      batches: (1000 * batches) / events,
      requests: (1000 * requests) / events,
      seconds: wall / 1000
    }
  }
}
