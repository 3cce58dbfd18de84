/**
 * An exporter for authors who write promises: started beside a web server, asked how it stands, stopped with it.
 *
 * ```ts
 * const exporter = await ExporterAsync.start(Exporter.from(source).route("crm").to(destination), { outbox })
 * await exporter.stop()
 * ```
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as DeadLetters from "./DeadLetters.ts"
import * as Exporter from "./Exporter.ts"
import type { Ledger } from "./Ledger.ts"
import { type DeadLetter, type DeadLetterPage, type LaneKey, Outbox, type Store } from "./Outbox.ts"
import {
  type Backfill,
  type BackfillStatus,
  type Erased,
  type StartOptions as ExporterStartOptions,
  type LaneStatus,
  type Past,
  type Progress,
  type Report,
  Running as RunningService,
  type SourceStatus
} from "./Running.ts"

/**
 * A line of the exporter's log.
 *
 * @since 1.0.0
 * @category models
 */
export interface Line {
  /** `INFO`, `WARN` or `ERROR`, and others that are less. */
  readonly level: string
  readonly message: string
  /** What it is about, such as `source`, `route`, `lane` and `reason`. */
  readonly about: Readonly<Record<string, unknown>>
}

/**
 * How an exporter is to run, and on which outbox.
 *
 * @since 1.0.0
 * @category models
 */
export interface StartOptions extends ExporterStartOptions {
  /** Where events wait: `sqlite({ settings: { path } })`, or `OutboxMemory.store` for what may be lost with the process. */
  readonly outbox: Store
  /** Takes the log; the console does without it. */
  readonly log?: (line: Line) => void
}

/**
 * A running exporter, in promises. What fails rejects with an error whose message is for people.
 *
 * @since 1.0.0
 * @category models
 */
export interface Running {
  /**
   * Resolves when the exporter has ended by itself or was stopped. Rejects with what ended it otherwise: an outbox that failed,
   * or sources of which none can go on. It is logged, too, and a promise that nobody awaits ends no process.
   */
  readonly ended: Promise<Report>
  /** Stops the sources, finishes what is under way within the drain's time, and closes the outbox. Settles as `ended` does. */
  readonly stop: () => Promise<Report>
  /** An operator's pause of one lane, or its end; `false` when there is no such lane. */
  readonly pause: (lane: LaneKey, paused: boolean) => Promise<boolean>
  readonly ledger: () => Promise<Ledger>
  readonly lanes: () => Promise<ReadonlyArray<LaneStatus>>
  readonly sources: () => Promise<ReadonlyArray<SourceStatus>>
  readonly progress: () => Promise<Progress>
  /** The dead letters that the filter finds, oldest first, a few of them in memory at a time. */
  readonly deadLetters: (filter?: DeadLetters.Filter) => AsyncIterable<DeadLetters.Found>
  /** Puts dead letters through today's routes again; their lanes deliver them. */
  readonly replay: (filter: DeadLetters.Filter) => Promise<DeadLetters.Replayed>
  /** Removes dead letters for good, counted as erased; resolves with how many there were. */
  readonly purge: (filter: DeadLetters.Filter) => Promise<number>
  /** Removes all that the outbox holds of a person for good, by any id of theirs. */
  readonly erase: (user: string) => Promise<Erased>
  /** Reads the past of a route's sources again, for this route alone; resolves with the number of events. */
  readonly replayPast: (past: Past) => Promise<number>
  /** Reads a part of a source's past beside the present; resolves when all of it is stored. */
  readonly backfill: (backfill: Backfill) => Promise<BackfillStatus>
  readonly backfills: () => Promise<ReadonlyArray<BackfillStatus>>
  /** As `stop`, for `await using`; what ended the exporter is not thrown again. */
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * Starts an exporter, which watches its sources unless told otherwise. Rejects when it cannot be started.
 *
 * @since 1.0.0
 * @category constructors
 */
export const start = async (definition: Exporter.Definition, options: StartOptions): Promise<Running> => {
  const { outbox: store, log, ...exporterOptions } = options
  const layer = Exporter.layer(definition, exporterOptions).pipe(Layer.provideMerge(store.layer))
  const runtime = ManagedRuntime.make(
    log === undefined ? layer : Layer.provideMerge(layer, Logger.layer([toLines(log)]))
  )
  const { running, outbox } = await runtime
    .runPromise(Effect.all({ running: RunningService, outbox: Outbox }))
    .catch(async (error) => {
      await runtime.dispose()
      throw error
    })
  const ended = runtime.runPromise(running.ended)
  // It was logged: the process of whoever does not wait for it goes on.
  ended.catch(() => {})
  let stopping: Promise<Report> | undefined
  const stop = async (): Promise<Report> => {
    await runtime.runPromise(running.drain)
    try {
      return await ended
    } finally {
      await runtime.dispose()
    }
  }
  const stopOnce = () => (stopping ??= stop())
  return {
    ended,
    stop: stopOnce,
    pause: (lane, paused) => runtime.runPromise(running.pause(lane, paused)),
    ledger: () => runtime.runPromise(running.ledger),
    lanes: () => runtime.runPromise(running.lanes),
    sources: () => runtime.runPromise(running.sources),
    progress: () => runtime.runPromise(running.progress),
    deadLetters: (filter = {}) =>
      found(filter, DeadLetters.decoder(definition), (after) =>
        runtime.runPromise(outbox.deadLetters(filter, after, pageBytes))
      ),
    replay: (filter) => runtime.runPromise(running.replay(filter)),
    purge: (filter) => runtime.runPromise(DeadLetters.purge(outbox, definition, filter)),
    erase: (user) => runtime.runPromise(running.erase(user)),
    replayPast: (past) => runtime.runPromise(running.replayPast(past)),
    backfill: (backfill) => runtime.runPromise(running.backfill(backfill)),
    backfills: () => runtime.runPromise(running.backfills),
    [Symbol.asyncDispose]: async () => {
      await stopOnce().catch(() => {})
    }
  }
}

/** Bytes of dead letters in memory. */
const pageBytes = 1024 * 1024

async function* found(
  filter: DeadLetters.Filter,
  read: DeadLetters.Decode,
  ask: (after: number) => Promise<DeadLetterPage<DeadLetter>>
): AsyncGenerator<DeadLetters.Found> {
  let after: number | undefined = 0
  while (after !== undefined) {
    const page: DeadLetterPage<DeadLetter> = await ask(after)
    for (const letter of page.letters) {
      const one = { letter, event: read(letter) }
      if (DeadLetters.isFound(filter, one)) yield one
    }
    after = page.after
  }
}

const toLines = (log: (line: Line) => void) =>
  Logger.map(Logger.formatStructured, ({ level, message, annotations }) =>
    log({
      level,
      message: (Array.isArray(message) ? message : [message]).map(String).join(" "),
      about: annotations
    })
  )
