/** All there is to measure, in the order of the README. */
import type { Measurement } from "./measurement.ts"
import { closed } from "./measurements/closed.ts"
import { cost } from "./measurements/cost.ts"
import { grouping } from "./measurements/grouping.ts"
import { idle } from "./measurements/idle.ts"
import { large } from "./measurements/large.ts"
import { latency } from "./measurements/latency.ts"
import { memory } from "./measurements/memory.ts"
import { micro } from "./measurements/micro.ts"
import { restart } from "./measurements/restart.ts"
import { start } from "./measurements/start.ts"
import { steady } from "./measurements/steady.ts"
import { workers } from "./measurements/workers.ts"
import { subjects } from "./subjects.ts"

export const measurements: ReadonlyArray<Measurement> = [
  cost(subjects),
  steady,
  grouping,
  micro,
  start,
  latency,
  workers,
  restart,
  memory,
  closed,
  idle,
  large
]
