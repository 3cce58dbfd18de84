/**
 * The lines of the log that have a name. A program finds a line by its `event`, which does not change without a word in the
 * release notes; the text beside it is for people, and may.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"

/**
 * How a line is declared.
 *
 * @since 1.0.0
 * @category models
 */
export interface Declaration {
  readonly level: "info" | "warning" | "error"
  /** What has happened when the line is written. */
  readonly meaning: string
  /** What the line is about, beside its text: the names of its further fields. */
  readonly about: ReadonlyArray<string>
}

const lane = ["route", "lane", "reason"] as const

const condition = ["condition", "route", "lane", "source"] as const

const info = (meaning: string, about: ReadonlyArray<string> = []): Declaration => ({
  level: "info",
  meaning,
  about
})
const warning = (meaning: string, about: ReadonlyArray<string> = []): Declaration => ({
  level: "warning",
  meaning,
  about
})
const error = (meaning: string, about: ReadonlyArray<string> = []): Declaration => ({
  level: "error",
  meaning,
  about
})

/**
 * All of them, by name.
 *
 * @since 1.0.0
 * @category constants
 */
export const events = {
  started: info("The exporter runs."),
  progress: info("A minute has passed; the fields tell how far the run is.", [
    "read",
    "delivered",
    "deliveredPerSecond",
    "waiting",
    "dead",
    "unreadFiles",
    "held",
    "secondsLeft"
  ]),
  "outbox-waited-for": info("The outbox cannot be opened yet, and is tried again."),
  "exporter-ended": error("The exporter of an app has ended by a failure."),
  "lane-failing": warning("Attempts of a lane fail, and are made again.", lane),
  "lane-closed": warning("A lane's gate has closed, or its reason is another.", lane),
  "lane-paused": info("An operator has paused a lane.", lane),
  "lane-well": info("A lane delivers again, or was let go on.", ["route", "lane"]),
  "lane-not-configured": warning("Events wait for a lane that the configuration does not name.", [
    "route",
    "lane"
  ]),
  "dead-letters": warning("Events have become dead letters; one line for many.", lane),
  "bad-record": warning("A record of the input could not be read, and is a dead letter."),
  "plugin-defect": warning("A destination answered what is no answer, or threw.", ["route", "lane"]),
  "observer-defect": warning("An observer threw."),
  "credentials-changed": info("Changed credentials are in use.", ["route", "source"]),
  "credentials-unusable": warning("Changed credentials cannot be used, and the former ones go on.", [
    "route"
  ]),
  "source-failing": warning("A source fails, and is run again later.", ["source", "reason"]),
  "source-closed": warning("The credentials of a source are refused.", ["source", "reason"]),
  "source-failed": warning("A source cannot go on, and is not run again.", ["source", "reason"]),
  "source-gone": warning("A source is not there.", ["source", "reason"]),
  "source-unreadable": warning("A source cannot be read as a whole.", ["source", "reason"]),
  "source-well": info("A source reads again.", ["source", "reason"]),
  "split-unreadable": warning("A split, such as a file, cannot be read now.", ["source", "split", "reason"]),
  "split-well": info("A split can be read again.", ["source", "split", "reason"]),
  "splits-forgotten": info("Checkpoints of splits that are gone were forgotten.", ["source"]),
  "reader-lost": warning("A thread that reads has ended before its time; others read on."),
  "input-noticed": warning("A source has found input that it leaves out, or that may be incomplete."),
  "notices-failing": warning("Notices of new objects cannot be received; objects are found by listing."),
  "receiver-listening": info("The receiver of a push source listens."),
  "receiver-refused": warning("The receiver of a push source has refused requests, or closed connections."),
  "receiver-changed": info("The receiver's tokens or certificate have changed, and the new ones hold."),
  "receiver-unusable": warning("The receiver's changed tokens or certificate cannot be used."),
  "outbox-away": warning("The server of the outbox does not answer."),
  "outbox-well": info("The server of the outbox answers again."),
  "attention-needed": warning(
    "Something needs somebody's attention, or more than before: a condition that `status` shows, too.",
    condition
  ),
  "attention-over": info("A condition that needed attention is over.", condition),
  "alert-sent": info("An alert was taken by a way.", ["way"]),
  "alerts-failing": warning("Alerts cannot be sent by a way.", ["way"]),
  "alerts-well": info("Alerts arrive by a way again.", ["way"]),
  "admin-listening": info("The admin endpoint listens."),
  "collector-failing": warning("The collector of telemetry takes nothing."),
  "collector-well": info("The collector of telemetry takes it again."),
  defect: error("A defect of this program.")
} as const satisfies Readonly<Record<string, Declaration>>

/**
 * The name of a line.
 *
 * @since 1.0.0
 * @category models
 */
export type Name = keyof typeof events

/**
 * Writes a line at the level that it is declared with. `about` has the fields that a program looks for.
 *
 * @since 1.0.0
 * @category conversions
 */
export const write = (
  event: Name,
  text: string,
  about: Readonly<Record<string, unknown>> = {}
): Effect.Effect<void> => {
  const { level } = events[event]
  const line =
    level === "info"
      ? Effect.logInfo(text)
      : level === "warning"
        ? Effect.logWarning(text)
        : Effect.logError(text)
  return Effect.annotateLogs(line, { event, ...about })
}
