/**
 * The last run, as its state directory remembers it: when it began, and when and why it ended. Of one that was killed the end is
 * missing, which tells as much.
 */
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as StateFile from "./stateFile.ts"
import { line } from "./terminal.ts"

const End = Schema.Struct({
  /** Epoch milliseconds. */
  at: Schema.Number,
  /** All was settled or given up, an operator stopped it, or something failed. */
  how: Schema.Literals(["ended", "stopped", "failed"]),
  /** What failed. */
  why: Schema.optionalKey(Schema.String)
})

const Run = Schema.Struct({
  /** Epoch milliseconds. */
  started: Schema.Number,
  follows: Schema.Boolean,
  end: Schema.optionalKey(End)
})

export type LastRun = typeof Run.Type

export type End = typeof End.Type

const fileIn = (directory: string) => join(directory, "run.json")

const write = (directory: string | undefined, run: LastRun): Effect.Effect<void> =>
  directory === undefined ? Effect.void : StateFile.write(fileIn(directory), run)

/** Notes that a run has begun; yields what notes its end. */
export const begin = (
  directory: string | undefined,
  follows: boolean
): Effect.Effect<(how: End["how"], why?: string) => Effect.Effect<void>> =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    yield* write(directory, { started, follows })
    return (how, why) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        write(directory, { started, follows, end: { at, how, ...(why === undefined ? {} : { why }) } })
      )
  })

/** The last run, as far as that is known. */
export const recall = (directory: string | undefined): Effect.Effect<LastRun | undefined> =>
  directory === undefined ? Effect.succeed(undefined) : StateFile.read(fileIn(directory), Run)

const time = (millis: number) => new Date(millis).toISOString()

/** For an exporter that does not run: why not. */
export const lastRunText = (run: LastRun | undefined): string => {
  if (run === undefined) return "not running"
  if (run.end === undefined) {
    return `not running: the run that began at ${time(run.started)} was killed, or its machine went down; nothing is lost, start it again`
  }
  const { at, how, why } = run.end
  if (how === "failed") return `not running: it failed at ${time(at)}: ${line(why ?? "unknown error")}`
  return how === "stopped"
    ? `not running: it was stopped at ${time(at)}`
    : `not running: its last run ended at ${time(at)}`
}
