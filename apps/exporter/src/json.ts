/** The flag of every command that answers in JSON, too. */
import * as Flag from "effect/cli/Flag"

export const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Print the answer as one JSON object on stdout; everything else goes to stderr")
)
