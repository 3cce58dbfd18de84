/** One lane of four refused for the whole run: what its waiting events cost the others. */
import { authorizationOf } from "../credentials.ts"
import type { Ground } from "../ground.ts"
import { measure } from "../measure.ts"
import { type Measurement, mebibytes, type Row } from "../measurement.ts"
import { subject } from "../subjects.ts"

/** The largest lane: it gets more than half of the sample. */
const refused = "unbound"

const row = async (ground: Ground, events: number, closed: boolean): Promise<Row> => {
  const title = closed ? "the largest of four lanes closed (401)" : "all four lanes open"
  ground.remote.order(closed ? { refused: authorizationOf(refused) } : {})
  const options = { outbox: "sqlite", ...(closed ? { closed: refused } : {}) }
  const { cpu, peak, waiting, wall } = await measure<{ readonly waiting: number }>(
    subject("millrace", closed ? "closed" : "open", title, "watched", options),
    ground,
    ground.sample("ndjson", events)
  )
  ground.remote.order({})
  ground.say(`closed: ${title}: ${(wall / 1000).toFixed(1)} s, ${mebibytes(peak).toFixed(0)} MiB`)
  return {
    name: closed ? "closed" : "open",
    title,
    figures: { peak: mebibytes(peak), cpu: cpu / events, seconds: wall / 1000, waiting }
  }
}

export const closed: Measurement = {
  name: "closed",
  title: "One lane closed",
  of: "",
  columns: [
    { name: "peak", head: "peak MiB", digits: 0 },
    { name: "cpu", head: "µs CPU per event", digits: 1 },
    { name: "seconds", head: "seconds", digits: 1 },
    { name: "waiting", head: "events left waiting", digits: 0 }
  ],
  isLong: true,
  guarded: [["peak"]],
  usual: { events: 1_000_000, rounds: 1 },
  run: async (ground, { events }) => ({
    rows: [await row(ground, events, false), await row(ground, events, true)]
  })
}
