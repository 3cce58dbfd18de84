/** Resident memory while five million events pass: the main sample, read over and over under other names. */
import { linkSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { measure } from "../measure.ts"
import { type Measurement, mebibytes } from "../measurement.ts"
import { subject } from "../subjects.ts"

const parts = 10
/** How often the sample is read. */
const copies = 25

const title = "Millrace, SQLite outbox"

export const memory: Measurement = {
  name: "memory",
  title: "Resident memory while events pass",
  of: "events",
  columns: [{ name: "resident", head: "highest resident MiB", digits: 0 }],
  isLong: true,
  guarded: [["resident"]],
  usual: { events: 5_000_000, rounds: 1 },
  run: async (ground, { events }) => {
    const each = Math.ceil(events / copies)
    const sample = ground.sample("ndjson", each)
    const folder = join(ground.folder, "over-and-over")
    mkdirSync(folder)
    for (let copy = 0; copy < copies; copy++)
      linkSync(sample, join(folder, `${String(copy).padStart(4, "0")}.ndjson`))
    const options = { outbox: "sqlite", parts: String(parts) }
    const { peak, resident, wall } = await measure<{ readonly resident: ReadonlyArray<number> }>(
      subject("millrace", "watched", title, "watched", options),
      ground,
      folder
    )
    ground.say(`memory: ${(wall / 1000).toFixed(0)} s, ${mebibytes(peak).toFixed(0)} MiB at the most`)
    const rows = resident.map((bytes, part) => ({
      name: `part-${part + 1}`,
      title: `up to ${Math.round((events * (part + 1)) / parts).toLocaleString("en")}`,
      figures: { resident: mebibytes(bytes) }
    }))
    return { rows }
  }
}
