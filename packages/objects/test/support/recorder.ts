/** A run of a source of objects into an intake that records. */
import type { Event } from "@millrace/core/Event"
import type { Intake } from "@millrace/core/Intake"
import type { Range, SourceError } from "@millrace/core/Source"
import { NamedFormat, ObjectSource } from "@millrace/objects"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { logged, type Recorder } from "./intake.ts"

export { make, type Recorder } from "./intake.ts"

export interface RunOptions extends ObjectSource.Opened {
  readonly follow?: boolean
  readonly range?: Range
  readonly prefix?: string
  readonly from?: string
  readonly interval?: Duration.Input
  readonly stopAfter?: number
  readonly onAppend?: () => void
}

/** Runs a source of events over a store, or until it has appended `stopAfter` chunks. */
export const run = Effect.fnUntraced(
  function* (recorder: Recorder, options: RunOptions): Effect.fn.Return<void, SourceError> {
    const { follow = false, from, interval = "1 minute", onAppend, prefix = "" } = options
    const { stopAfter = Number.POSITIVE_INFINITY, store, told } = options
    const stopped = yield* Deferred.make<void>()
    let appends = 0
    const intake: Intake<Event> = {
      ...recorder.intake,
      append: (chunk) =>
        Effect.suspend(() => {
          if (appends++ >= stopAfter) {
            return Effect.andThen(Deferred.succeed(stopped, undefined), Effect.never)
          }
          return Effect.tap(recorder.intake.append(chunk), () => Effect.sync(() => onAppend?.()))
        })
    }
    const running = ObjectSource.run(
      {
        plugin: "@acme/source",
        format: NamedFormat.event.format,
        store,
        ...(told === undefined ? {} : { told }),
        settings: {
          prefix,
          interval: Duration.fromInputUnsafe(interval),
          ...(from === undefined ? {} : { from })
        }
      },
      intake,
      { follow, ...(options.range === undefined ? {} : { range: options.range }) }
    )
    yield* Effect.raceFirst(running, Deferred.await(stopped))
  },
  (running, recorder) => Effect.provide(running, logged(recorder))
)

/** Lines of events with these ids. */
export const lines = (...ids: ReadonlyArray<string>): string =>
  ids
    .map((id) => `${JSON.stringify({ id, type: "order.placed", time: 1, user: {}, properties: {} })}\n`)
    .join("")
