/** An intake that records, keeps checkpoints from run to run, and can stop a run after some appends. */
import { isDeepStrictEqual } from "node:util"
import { assert } from "@effect/vitest"
import type { Codec } from "@millrace/core"
import type { Event } from "@millrace/core/Event"
import type { Checkpoint, Chunk, Intake, Lag, Malformed, Problem, Unread } from "@millrace/core/Intake"
import type { Range, SourceError } from "@millrace/core/Source"
import { Braze } from "@millrace/events-braze"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { files } from "../../src/index.ts"

export type Bad = Malformed & { readonly split: string }

export interface Recorder {
  readonly events: Array<Event>
  readonly bad: Array<Bad>
  readonly chunks: Array<{
    readonly split: string
    readonly events: number
    readonly bytes: number
    readonly checkpoint: string
  }>
  readonly checkpoints: Map<string, Checkpoint>
  readonly logs: Array<string>
  /** What is left of each split that is not read to its end. */
  readonly unread: Map<string, Unread>
  /** What it said each time. */
  readonly problems: Array<ReadonlyArray<Problem>>
  /** How far behind it said that it is, each time. */
  readonly lags: Array<Lag>
  /** Which of the splits that have a checkpoint it said are there. */
  readonly present: Array<ReadonlyArray<string>>
  expected: number
  consumed: number
  opened: number
  /** Splits in the order in which they were begun. */
  readonly claimed: Array<string>
  /** The most appends at a time. */
  together: number
}

export const make = (): Recorder => ({
  events: [],
  bad: [],
  chunks: [],
  checkpoints: new Map(),
  logs: [],
  unread: new Map(),
  problems: [],
  lags: [],
  present: [],
  expected: 0,
  consumed: 0,
  opened: 0,
  claimed: [],
  together: 0
})

const decoders = new Map<string, Codec.Decoder>()
const decoderOf = (codec: string, parameter: string): Codec.Decoder => {
  const key = `${codec} ${parameter}`
  const found = Braze.catalogue.codecs.find(({ name }) => name === codec)
  assert.isDefined(found, codec)
  const decoder = decoders.get(key) ?? found!.decoder(parameter)
  decoders.set(key, decoder)
  return decoder
}

/** The records must be exactly the events, in memory that nobody else uses. */
const record = (recorder: Recorder, chunk: Chunk) => {
  const { codec, parameter, bytes, ends } = chunk.records!
  assert.strictEqual(ends.length, chunk.events.length)
  assert.strictEqual(ends.at(-1) ?? 0, bytes.length)
  const decode = decoderOf(codec, parameter)
  for (const [index, event] of chunk.events.entries()) {
    const read = Result.getOrThrow(decode(bytes, ends[index - 1] ?? 0, ends[index]!))
    assert.isTrue(isDeepStrictEqual(read, event), event.id)
  }
  recorder.events.push(...chunk.events)
  recorder.bad.push(...chunk.malformed.map((bad) => ({ ...bad, split: chunk.split! })))
  recorder.chunks.push({
    split: chunk.split!,
    events: chunk.events.length,
    bytes: bytes.length,
    checkpoint: chunk.checkpoint!
  })
  recorder.consumed += chunk.consumed!
  recorder.checkpoints.set(chunk.split!, chunk.checkpoint!)
  structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })
}

/**
 * Runs the source once, or until it has appended `stopAfter` chunks. With `awaited`, no append ends before so many are under
 * way, and a little later, in which there might be more.
 */
export const run = Effect.fnUntraced(
  function* (
    recorder: Recorder,
    path: string,
    options: {
      readonly stopAfter?: number
      readonly follow?: boolean
      readonly splits?: number
      readonly range?: Range
      readonly awaited?: number
      readonly settings?: { readonly from?: string; readonly interval?: string }
      readonly onAppend?: () => void
      readonly onPresent?: () => void
      readonly onProblems?: () => void
    } = {}
  ): Effect.fn.Return<void, SourceError> {
    const stopped = yield* Deferred.make<void>()
    let appends = 0
    let underWay = 0
    const enough = yield* Latch.make(options.awaited === undefined)
    const intake: Intake = {
      append: (chunk) =>
        Effect.suspend(() => {
          if (appends++ >= (options.stopAfter ?? Number.POSITIVE_INFINITY)) {
            return Effect.andThen(Deferred.succeed(stopped, undefined), Effect.never)
          }
          record(recorder, chunk)
          options.onAppend?.()
          underWay++
          recorder.together = Math.max(recorder.together, underWay)
          if (underWay === options.awaited) enough.openUnsafe()
          const later = options.awaited === undefined ? Effect.void : Effect.sleep("20 millis")
          return Effect.andThen(Effect.timeoutOption(enough.await, "10 seconds"), later).pipe(
            Effect.ensuring(
              Effect.sync(() => {
                underWay--
              })
            )
          )
        }),
      full: Effect.succeed(false),
      claim: (split, read) => {
        recorder.opened++
        recorder.claimed.push(split)
        recorder.unread.delete(split)
        const after = Option.fromUndefinedOr(recorder.checkpoints.get(split))
        return Effect.map(
          read(after, { revoked: Effect.never }),
          (value) => ({ _tag: "Finished", value }) as const
        )
      },
      expect: (bytes) =>
        Effect.sync(() => {
          recorder.expected += bytes
        }),
      unread: (split, left) =>
        Effect.sync(() => {
          recorder.unread.set(split, left)
        }),
      problems: (found) =>
        Effect.sync(() => {
          recorder.problems.push(found)
          options.onProblems?.()
        }),
      lag: (found) =>
        Effect.sync(() => {
          recorder.lags.push(found)
        }),
      present: (among) =>
        Effect.suspend(() => {
          options.onPresent?.()
          return Effect.map(among([...recorder.checkpoints.keys()]), (there) => {
            recorder.present.push([...there].sort())
          })
        })
    }
    const source = files({ settings: { path, format: "braze-currents", ...options.settings } })
    yield* Effect.raceFirst(
      source.run(intake, { ...options, follow: options.follow ?? false }),
      Deferred.await(stopped)
    )
  },
  (running, recorder) => Effect.provide(running, logs(recorder))
)

/** Keeps the logs instead of printing them. */
export const logs = (recorder: Pick<Recorder, "logs">) =>
  Logger.layer([
    Logger.make(({ message }) => {
      recorder.logs.push(String(message))
    })
  ])
