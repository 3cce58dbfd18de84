/**
 * How the command line presents itself: help on stdout when asked for it, one line on stderr when it was misused.
 */
import * as CliConfig from "effect/cli/CliConfig"
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { say } from "./terminal.ts"

/** What a value may look like, where the command line knows no more than its kind. */
const kinds = [
  ["a valid Duration string", 'a duration, such as "90 seconds" or "2 hours"'],
  ["a valid Date", "a date, such as 2026-11-22 or 2026-11-22T08:00:00Z"]
] as const

const complaint = (error: CliError.NonShowHelpErrors): string =>
  error.message
    .trim()
    .replace(/\s*Did you mean this\?\s*/, "; did you mean ")
    .replace(/\s*\n\s*/g, " ")
    .replace(/: Schema validation failed: Expected /, " ")
    .replace(/ Expected (.*)$/, (whole, kind) => {
      const known = kinds.find(([name]) => name === kind)
      return known === undefined ? whole : ` Expected ${known[1]}`
    })

const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.sync(() => {
          const text = event.errors.map(complaint).join("; ")
          say(`${text}; ${event.commandPath.join(" ")} --help tells more`)
        })
      : CliOutput.defaultPresenter.present(event)
}

export const layer = Layer.mergeAll(
  CliOutput.layerPresenter(presenter),
  Layer.succeed(CliConfig.CliConfig)(
    CliConfig.make({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
  )
)
