/**
 * A source is where events come from. It appends chunks to the intake and awaits each append. Once an append resolves, its
 * chunk is durable and may be acknowledged, whatever happens next.
 *
 * @since 1.0.0
 */
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Catalogue from "./Catalogue.ts"
import type { Event } from "./Event.ts"
import type { Checkpoint, Chunk, Intake, Split } from "./Intake.ts"
import type { AsyncIntake } from "./internal/asyncSource.ts"
import * as AsyncSource from "./internal/asyncSource.ts"
import { noCredentials } from "./internal/noCredentials.ts"
import * as Plugin from "./Plugin.ts"

export type { AsyncClaim, AsyncIntake } from "./internal/asyncSource.ts"

/**
 * What core does about a source that cannot go on.
 *
 * - `retry`: the cause may pass, such as a remote that does not answer. The source is run again from its checkpoints after a
 *   wait, which grows with each failure in a row.
 * - `unauthorized`: its credentials were refused. The source is run once more at once, with credentials that are read anew.
 *   If they are refused again, its gate closes until the credentials change; it is still tried every few minutes.
 * - `fatal`: only a person can mend it. The source is not run again.
 *
 * @since 1.0.0
 * @category models
 */
export type Failure = "retry" | "unauthorized" | "fatal"

/**
 * The source cannot go on. The error tells the operator what is at fault and what to do. Bad records are no error: they go into
 * `Chunk.malformed`.
 *
 * ```ts
 * new SourceError({ kind: "retry", reason: "throttled", detail: "https://api.example.com: answered 429", after: "30 seconds" })
 * ```
 *
 * @since 1.0.0
 * @category errors
 */
export class SourceError extends Schema.TaggedError<SourceError>()("SourceError", {
  /** The thing at fault, such as a path, then what is wrong and what to do. */
  detail: Schema.String,
  /** A declared kebab-case name, such as `gone` or `throttled`; without one, the name of the kind. */
  reason: Schema.optionalKey(Schema.String),
  /** What core is to do about it; `retry` without it. */
  kind: Schema.optionalKey(Schema.Literals(["retry", "unauthorized", "fatal"])),
  /** The least wait before the source is run again, as the remote asked for it. */
  after: Schema.optionalKey(
    Schema.declare(
      (value): value is Duration.Input => Duration.fromInput(value as Duration.Input)._tag === "Some"
    )
  )
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * A part of a source's input, by hour. The hour of a file or an object is the one in its path or, without one, the hour in which
 * it was last written. It is not the time of the events: a device may report late.
 *
 * @since 1.0.0
 * @category models
 */
export interface Range {
  /** In epoch milliseconds; the hour that it falls into is included. */
  readonly from: number
  /** In epoch milliseconds; the hour that begins here, or later, is not included. */
  readonly to: number
  /** Event types by their whole names; all types by default. Input that cannot hold them need not be read. */
  readonly types?: ReadonlyArray<string>
}

/**
 * How a source is to run.
 *
 * @since 1.0.0
 * @category models
 */
export interface RunOptions {
  /** Keep watching for more and never end by itself. Otherwise end when nothing is left. */
  readonly follow: boolean
  /**
   * How many splits to read at a time, so that neither the store nor the reader waits for the other. Given to `parallel`
   * sources where several threads read; without it the source decides.
   */
  readonly splits?: number
  /**
   * Read only this part, hour by hour, the oldest first, and end. Given to `ranged` sources. Before reading, announce its size
   * by `Intake.expect`, as far as it is known.
   */
  readonly range?: Range
}

/**
 * The run that a source is checked for.
 *
 * @since 1.0.0
 * @category models
 */
export type CheckOptions = Pick<RunOptions, "follow">

/**
 * Where events come from.
 *
 * @since 1.0.0
 * @category models
 */
export interface Source<out E extends Event = Event> {
  readonly plugin: string
  /** The events it yields: names for wildcards, the validity test, and the codecs of its records. */
  readonly catalogue: Catalogue.Catalogue<E>
  /** Whether its past can be read again; default no. */
  readonly replayable?: boolean
  /** Whether it can read a part of its past by the hour (`RunOptions.range`), as a backfill asks; default no. */
  readonly ranged?: boolean
  /** Whether several threads may run it side by side: it reads nothing but splits that it claimed. Default no. */
  readonly parallel?: boolean
  /**
   * Whether somebody waits for the answer to each append, such as the client of a web server. Then an append resolves as soon as
   * it is durable, however busy the lanes are. Default no.
   */
  readonly push?: boolean
  /** Tells in words where a checkpoint stands, such as `before byte 4,096`; absent if the checkpoint itself is readable. */
  readonly placeOf?: (split: Split, checkpoint: Checkpoint) => string
  /** Proves that a run with these options could begin, without reading events; absent if there is nothing to prove. */
  readonly check?: (options: CheckOptions) => Effect.Effect<void, Plugin.PluginError | SourceError>
  /** Completes when the credentials may have changed since the effect was started. Then core runs the source anew. */
  readonly changed?: Effect.Effect<void>
  /** Whether it takes up changed credentials by itself while it runs, as a server does; default no. */
  readonly renews?: boolean
  /**
   * Ends when nothing is left, unless it follows; interrupted at drain. Core runs it again, from its checkpoints, after
   * an error that is not `fatal`.
   */
  readonly run: (intake: Intake<E>, options: RunOptions) => Effect.Effect<void, SourceError>
}

/**
 * What the author of a source plugin writes.
 *
 * @since 1.0.0
 * @category models
 */
export interface Declaration<E extends Event, Settings, Input, Credentials = {}, CredentialsInput = {}> {
  /** The npm name of the package. */
  readonly name: string
  readonly settings: Schema.Codec<Settings, Input>
  /** Credentials that it shows to its remote, or asks of those who connect to it; none by default. */
  readonly credentials?: Schema.Codec<Credentials, CredentialsInput>
  readonly catalogue: Catalogue.Catalogue<E>
  /** Whether its past can be read again; default no. */
  readonly replayable?: boolean
  /** Whether it can read a part of its past by the hour (`RunOptions.range`); default no. */
  readonly ranged?: boolean
  /** Whether several threads may run it side by side: it reads nothing but splits that it claimed. Default no. */
  readonly parallel?: boolean
  /** Whether somebody waits for the answer to each append; default no. */
  readonly push?: boolean
  /**
   * Whether it takes up changed credentials by itself while it runs, such as a server that must not stop listening. By
   * default core runs the source anew when they change, and it goes on from its checkpoints.
   */
  readonly renews?: boolean
  /** Tells in words where a checkpoint stands, such as `before byte 4,096`. */
  readonly placeOf?: (split: Split, checkpoint: Checkpoint) => string
  /** `millrace check` reads the credentials and runs this: it fails if a run would refuse to begin. */
  readonly check?: (
    settings: Settings,
    credentials: Credentials,
    options: CheckOptions
  ) => Effect.Effect<void, SourceError>
  /** Each run of `credentials` reads them anew; it fails with the name of the missing one. */
  readonly run: (
    settings: Settings,
    credentials: Effect.Effect<Credentials, Plugin.PluginError>
  ) => Source<E>["run"]
}

/**
 * A source plugin: a function from settings and credentials to a source, which also takes them from a file.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plugin = <E extends Event, Settings, Input, Credentials = {}, CredentialsInput = {}>(
  declaration: Declaration<E, Settings, Input, Credentials, CredentialsInput>
): Plugin.Plugin<Input, CredentialsInput, Source<E>> =>
  Plugin.make({
    name: declaration.name,
    kind: "source",
    settings: declaration.settings,
    credentials: declaration.credentials ?? noCredentials<Credentials, CredentialsInput>(),
    make: (settings: Settings, credentials: Effect.Effect<Credentials, Plugin.PluginError>, changed) => ({
      ...(changed === undefined ? {} : { changed }),
      plugin: declaration.name,
      catalogue: declaration.catalogue,
      replayable: declaration.replayable ?? false,
      ranged: declaration.ranged ?? false,
      parallel: declaration.parallel ?? false,
      push: declaration.push ?? false,
      renews: declaration.renews ?? false,
      ...(declaration.placeOf === undefined ? {} : { placeOf: declaration.placeOf }),
      ...(declaration.credentials === undefined && declaration.check === undefined
        ? {}
        : {
            check: (options: CheckOptions) =>
              Effect.flatMap(
                credentials,
                (given) => declaration.check?.(settings, given, options) ?? Effect.void
              )
          }),
      run: declaration.run(settings, credentials)
    })
  })

/**
 * A pull source of independent splits. Each split is claimed and read from its last checkpoint. Every chunk is durable before the
 * next is read. When another reader wants a split, it is given up after the current chunk; while the source follows, a split that
 * another reader has is asked for again now and then.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromSplits =
  <E extends Event>(options: {
    /** The splits there are, in the order to read them; a following source never ends the stream. */
    readonly discover: (run: RunOptions) => Stream.Stream<Split, SourceError>
    readonly read: (split: Split, after: Option.Option<Checkpoint>) => Stream.Stream<Chunk<E>, SourceError>
    /**
     * Yields those of the given splits that are still there, for a source whose splits go: see `Intake.present`. Called when all
     * is read, and every hour while the source follows. If it fails, it is called again later.
     */
    readonly present?: (splits: ReadonlyArray<Split>) => Effect.Effect<ReadonlyArray<Split>, SourceError>
    /** How many splits are read side by side; by default as many as the exporter asks for, or one. */
    readonly concurrency?: number
  }): Source<E>["run"] =>
  (intake, run) => {
    const { present } = options
    const told = present === undefined ? Effect.void : Effect.ignore(intake.present(present))
    const claim = (split: Split) =>
      intake.claim(split, (after, { revoked }) =>
        Stream.runForEach(Stream.haltWhen(options.read(split, after), revoked), (chunk) =>
          intake.append(chunk)
        )
      )
    const concurrency = options.concurrency ?? run.splits ?? 1
    if (!run.follow) {
      const reading = Stream.runDrain(Stream.mapEffect(options.discover(run), claim, { concurrency }))
      return Effect.andThen(reading, told)
    }
    const following = Effect.gen(function* () {
      const scope = yield* Effect.scope
      const again = yield* Queue.unbounded<Asked, Cause.Done>()
      let left = 0
      let isDiscovered = false
      const endWhenRead = Effect.suspend(() => (isDiscovered && left === 0 ? Queue.end(again) : Effect.void))
      const first = Stream.map(options.discover(run), (split): Asked => {
        left++
        return { split, wait: leftFor.first }
      })
      const discovered = Effect.suspend(() => {
        isDiscovered = true
        return endWhenRead
      })
      const read = Effect.fnUntraced(function* ({ split, wait }: Asked) {
        const claimed = yield* claim(split)
        if (claimed._tag === "Finished") {
          left--
          return yield* endWhenRead
        }
        const next = { split, wait: Math.min(2 * wait, leftFor.longest) }
        yield* Effect.forkIn(Effect.andThen(Effect.sleep(wait), Queue.offer(again, next)), scope)
      })
      yield* Stream.merge(Stream.onEnd(first, discovered), Stream.fromQueue(again)).pipe(
        Stream.mapEffect(read, { concurrency }),
        Stream.runDrain
      )
    })
    return Effect.raceFirst(
      Effect.scoped(following),
      Effect.forever(Effect.andThen(told, Effect.sleep("1 hour")))
    )
  }

/** A split, and for how long it is left to who has it, in milliseconds. */
interface Asked {
  readonly split: Split
  readonly wait: number
}

/** The first wait, and the longest: each is twice the one before. */
const leftFor = { first: 5000, longest: 60_000 }

/**
 * A source over events in memory, in chunks of `size` (default 500), resumable by position under the split `array`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromArray = <E extends Event>(
  events: ReadonlyArray<E>,
  options: { readonly catalogue?: Catalogue.Catalogue<E>; readonly size?: number } = {}
): Source<E> => {
  const size = options.size ?? 500
  return {
    plugin: "array",
    replayable: true,
    catalogue: options.catalogue ?? (Catalogue.any as Catalogue.Catalogue<never>),
    run: fromSplits<E>({
      discover: () => Stream.make("array"),
      read: (split, after) =>
        Stream.fromIterable(chunks(events, size, Number(Option.getOrElse(after, () => "0")), split))
    })
  }
}

function* chunks<E extends Event>(events: ReadonlyArray<E>, size: number, from: number, split: Split) {
  for (let at = from; at < events.length; at += size) {
    const slice = events.slice(at, at + size)
    yield { events: slice, malformed: [], split, checkpoint: String(at + slice.length) } satisfies Chunk<E>
  }
}

/**
 * For sources that need the credentials once a run: reads them anew for each run. If they cannot be read, the source is closed
 * until they change.
 *
 * @since 1.0.0
 * @category constructors
 */
export const withCredentials =
  <E extends Event, Credentials>(
    credentials: Effect.Effect<Credentials, Plugin.PluginError>,
    run: (credentials: Credentials) => Source<E>["run"]
  ): Source<E>["run"] =>
  (intake, options) =>
    credentials.pipe(
      Effect.mapError(
        ({ message }) => new SourceError({ kind: "unauthorized", reason: "no-credentials", detail: message })
      ),
      Effect.flatMap((given) => run(given)(intake, options))
    )

/**
 * A source for authors who write promises. `signal` fires when the source is to end. A `SourceError` that `run` throws says
 * what core does about it; anything else thrown is a `retry`.
 *
 * ```ts
 * run: ({ url }) =>
 *   Source.fromAsync(async (intake, signal, { follow }) => {
 *     do {
 *       await intake.claim("orders", async (after, { revoked }) => {
 *         for (let cursor = after; cursor !== "end" && !revoked.aborted; ) {
 *           const page = await read(url, cursor, signal)
 *           await intake.append({ events: page.events, malformed: [], split: "orders", checkpoint: page.next })
 *           cursor = page.next
 *         }
 *       })
 *       if (follow) await setTimeout(10_000, undefined, { signal })
 *     } while (follow)
 *   })
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromAsync = <E extends Event>(
  run: (intake: AsyncIntake<E>, signal: AbortSignal, options: RunOptions) => Promise<void>
): Source<E>["run"] =>
  AsyncSource.make(run, {
    ended: () =>
      new SourceError({
        reason: "ended",
        detail: "the source has ended, or has lost its split: what it appends is not taken any more"
      }),
    thrown: (cause) =>
      cause instanceof SourceError
        ? cause
        : new SourceError({
            reason: "failed",
            detail: cause instanceof Error ? cause.message : String(cause)
          })
  })
