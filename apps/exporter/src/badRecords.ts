/**
 * Bad records named in the log when they are found: where each one is and what is wrong with it, never what it holds.
 */

import * as Log from "@millrace/core/Log"
import { type Appending, Outbox } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"

/** So many of a run are named; a broken export must not flood the log. */
const most = 20

/** The same outbox, which names what it is given to bury. */
export const naming = (outbox: Outbox["Service"]): Outbox["Service"] => {
  let found = 0
  const name = ({ buried, origin: { source, split } }: Appending) =>
    Effect.forEach(
      // What has a codec was read as an event, and is the engine's to explain.
      buried.filter(({ codec }) => codec === ""),
      ({ reason, detail }) => {
        found++
        if (found > most + 1) return Effect.void
        return Log.write(
          "bad-record",
          found > most
            ? "further bad records of this run are counted, but not named here"
            : `${split === "" ? `source ${source}` : split}: ${detail}; kept as a dead letter (${reason})`
        )
      },
      { discard: true }
    )
  return Outbox.of({
    ...outbox,
    append: (entry) => Effect.tap(outbox.append(entry), () => name(entry))
  })
}
