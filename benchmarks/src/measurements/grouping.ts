/** What grouping by user saves of mParticle's rate limit, which counts its batches. */
import { join } from "node:path"
import type { Ground } from "../ground.ts"
import * as Journeys from "../journeys.ts"
import { measure } from "../measure.ts"
import type { Measurement, Row } from "../measurement.ts"
import { subject } from "../subjects.ts"

/** Users in one upload of five minutes. */
const sizes = { small: 1000, large: 10_000 }

const modes = ["event", "user"] as const

const row = async (ground: Ground, size: keyof typeof sizes, mode: (typeof modes)[number]): Promise<Row> => {
  const folder = join(ground.folder, `journeys-${size}`)
  const title = `one upload of ${sizes[size].toLocaleString("en")} users, \`grouping: ${mode}\``
  const { batches, events, requests, wall } = await measure(
    subject("millrace", `${size}-${mode}`, title, "millrace", { outbox: "sqlite", grouping: mode }),
    ground,
    folder
  )
  ground.say(`grouping: ${title}: ${batches} mParticle batches of ${events} events`)
  return {
    name: `${size}-${mode}`,
    title,
    figures: {
      batches: (1000 * batches) / events,
      requests: (1000 * requests) / events,
      seconds: wall / 1000
    }
  }
}

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
  run: async (ground) => {
    const rows: Array<Row> = []
    let events = 0
    ground.remote.order({ counting: true })
    for (const size of ["small", "large"] as const) {
      events = Journeys.write(join(ground.folder, `journeys-${size}`), Journeys.upload(0, sizes[size]))
      for (const mode of modes) rows.push(await row(ground, size, mode))
    }
    ground.remote.order({})
    return { events, rounds: 1, rows }
  }
}
