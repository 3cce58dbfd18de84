/** The named lines of the log as a table. */
import { events } from "../../packages/core/src/Log.ts"
import { code, table } from "./markdown.ts"

const levels = { info: "INFO", warning: "WARN", error: "ERROR" } as const

/** By the name of its place. */
export const logTables = (): ReadonlyMap<string, string> =>
  new Map([
    [
      "events",
      table(
        ["event", "level", "what has happened", "further fields"],
        Object.entries(events).map(([name, { about, level, meaning }]) => [
          code(name),
          levels[level],
          meaning,
          about.map(code).join(", ")
        ])
      )
    ]
  ])
