/** CPU per event of an exporter that has run for a while: over so many events that a start and a warm-up hardly count. */
import { subjects } from "../subjects.ts"
import { cost } from "./cost.ts"

const names = new Set(["floor", "sqlite", "avro-floor", "avro"])

export const steady = cost(
  subjects.filter(({ name }) => names.has(name)),
  { name: "steady", title: "CPU per event over 600,000 events", usual: { events: 600_000, rounds: 3 } }
)
