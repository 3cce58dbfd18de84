/** A process that reads its standard input as the settings say, and writes what is appended to its standard output. */
import { writeSync } from "node:fs"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { Event } from "@millrace/core/Event"
import type { Intake } from "@millrace/core/Intake"
import { stdin } from "@millrace/source-stdin"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"

export const path = fileURLToPath(import.meta.url)

/** One of these is written for each append, as a line of JSON, and one at the end. */
export type Report =
  | { readonly ids: ReadonlyArray<string>; readonly bad: ReadonlyArray<string>; readonly resident: number }
  | { readonly ended: string }

const say = (report: Report) => writeSync(1, `${JSON.stringify(report)}\n`)

const main = (format: "event" | "braze-currents", wait: number) => {
  const intake: Intake<Event> = {
    append: (chunk) =>
      Effect.andThen(
        Effect.sync(() =>
          say({
            ids: chunk.events.map(({ id }) => id),
            bad: chunk.malformed.map(({ position, reason }) => `${position}: ${reason}`),
            resident: process.memoryUsage().rss
          })
        ),
        Effect.sleep(wait)
      ),
    full: Effect.succeed(false),
    claim: () => Effect.die("standard input has no splits"),
    expect: () => Effect.void,
    unread: () => Effect.void,
    problems: () => Effect.void,
    lag: () => Effect.void,
    present: () => Effect.void
  }
  const run = stdin({ settings: { format } }).run(intake, { follow: false })
  return Effect.match(Effect.provide(run, Logger.layer([])), {
    onFailure: ({ message }) => say({ ended: message }),
    onSuccess: () => say({ ended: "well" })
  })
}

if (import.meta.main) {
  const [, , format, wait = "0"] = process.argv
  const fiber = Effect.runFork(main(format === "event" ? "event" : "braze-currents", Number(wait)))
  process.on("SIGTERM", () => {
    fiber.interruptUnsafe()
  })
}
