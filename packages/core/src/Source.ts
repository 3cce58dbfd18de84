/**
 * A source is where events come from. It appends chunks to the intake and awaits each append: when that resolves,
 * the chunk is durable and may be acknowledged, whatever happens next.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Catalogue from "./Catalogue.ts"
import type { Event } from "./Event.ts"
import type { Checkpoint, Chunk, Claimed, Intake, Problem, Split, Unread } from "./Intake.ts"
import * as AsyncSource from "./internal/asyncSource.ts"
import * as Plugin from "./Plugin.ts"

/**
 * What core does about a source that cannot go on.
 *
 * - `retry`: what stands in the way may pass, such as a remote that does not answer. The source is run again from its
 *   checkpoints after a while, which grows with each failure in a row.
 * - `unauthorized`: its credentials were refused. It is run once more at once, which reads them anew; refused again, its
 *   gate closes until the credentials change, and is tried every few minutes.
 * - `fatal`: only a person can mend it. The source is not run again.
 *
 * @since 1.0.0
 * @category models
 */
export type Failure = "retry" | "unauthorized" | "fatal"

/**
 * The source cannot go on: what is at fault and what to do, for the operator. Bad records are no such error;
 * they are `Chunk.malformed`.
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
  /** A declared kebab-case name, such as `gone` or `throttled`; named after the kind where there is none. */
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
 * How a source is to run.
 *
 * @since 1.0.0
 * @category models
 */
export interface RunOptions {
  /** Keep watching for more and never end by itself. Otherwise end when nothing is left. */
  readonly follow: boolean
  /**
   * How many splits to have under way at a time, so that neither the store nor the reader waits for the other: told where
   * several threads read, to sources that are `parallel`. Without it, as the source likes.
   */
  readonly splits?: number
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
  /** Whether several threads may run it side by side: it reads nothing but splits that it claimed. Default no. */
  readonly parallel?: boolean
  /**
   * Whether somebody waits for the answer to each append, as behind a web server: then an append resolves as soon as it
   * is durable, however much its lanes have to do. Default no.
   */
  readonly push?: boolean
  /** Where what was read up to a checkpoint stands, in words, such as `before byte 4,096`; absent where the checkpoint says it. */
  readonly placeOf?: (split: Split, checkpoint: Checkpoint) => string
  /** Proves that a run with these options could begin, without reading events; absent where there is nothing to prove. */
  readonly check?: (options: CheckOptions) => Effect.Effect<void, Plugin.PluginError | SourceError>
  /** Completes when the credentials may have changed since it was asked: then core runs the source anew, with these. */
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
export interface Definition<E extends Event, Settings, Input, Credentials = {}, CredentialsInput = {}> {
  /** The npm name of the package. */
  readonly name: string
  readonly settings: Schema.Codec<Settings, Input>
  /** What it shows to be let in, or lets others in by; none by default. */
  readonly credentials?: Schema.Codec<Credentials, CredentialsInput>
  readonly catalogue: Catalogue.Catalogue<E>
  /** Whether its past can be read again; default no. */
  readonly replayable?: boolean
  /** Whether several threads may run it side by side: it reads nothing but splits that it claimed. Default no. */
  readonly parallel?: boolean
  /** Whether somebody waits for the answer to each append; default no. */
  readonly push?: boolean
  /**
   * Whether it takes up changed credentials by itself while it runs, as a server does that must not stop listening. By
   * default core runs the source anew when they change, and it goes on from its checkpoints.
   */
  readonly renews?: boolean
  /** Where what was read up to a checkpoint stands, in words, such as `before byte 4,096`. */
  readonly placeOf?: (split: Split, checkpoint: Checkpoint) => string
  /** What `millrace check` asks beside reading the credentials: whether a run would refuse to begin. */
  readonly check?: (
    settings: Settings,
    credentials: Credentials,
    options: CheckOptions
  ) => Effect.Effect<void, SourceError>
  /** `credentials` reads them anew each time it is run; it fails with the name of what is not there. */
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
  definition: Definition<E, Settings, Input, Credentials, CredentialsInput>
): Plugin.Plugin<Input, CredentialsInput, Source<E>> =>
  Plugin.make({
    name: definition.name,
    kind: "source",
    settings: definition.settings,
    // A definition without credentials leaves both types at their default, which is what this struct holds.
    credentials:
      definition.credentials ?? (Schema.Struct({}) as unknown as Schema.Codec<Credentials, CredentialsInput>),
    make: (settings: Settings, credentials: Effect.Effect<Credentials, Plugin.PluginError>, changed) => ({
      ...(changed === undefined ? {} : { changed }),
      plugin: definition.name,
      catalogue: definition.catalogue,
      replayable: definition.replayable ?? false,
      parallel: definition.parallel ?? false,
      push: definition.push ?? false,
      renews: definition.renews ?? false,
      ...(definition.placeOf === undefined ? {} : { placeOf: definition.placeOf }),
      ...(definition.credentials === undefined && definition.check === undefined
        ? {}
        : {
            check: (options: CheckOptions) =>
              Effect.flatMap(
                credentials,
                (given) => definition.check?.(settings, given, options) ?? Effect.void
              )
          }),
      run: definition.run(settings, credentials)
    })
  })

/**
 * A pull source of independent splits. Each split is claimed, read from its last checkpoint, and every chunk is
 * durable before the next is read. A split that is wanted elsewhere is given up after the chunk at hand.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromSplits =
  <E extends Event>(options: {
    /** The splits there are, in the order to read them; a following source never ends the stream. */
    readonly discover: (run: RunOptions) => Stream.Stream<Split, SourceError>
    readonly read: (split: Split, after: Option.Option<Checkpoint>) => Stream.Stream<Chunk<E>, SourceError>
    /** How many splits are read side by side; as many as the exporter asks for, or one, without it. */
    readonly concurrency?: number
  }): Source<E>["run"] =>
  (intake, run) =>
    options.discover(run).pipe(
      Stream.mapEffect(
        (split) =>
          intake.claim(split, (after, { revoked }) =>
            Stream.runForEach(Stream.haltWhen(options.read(split, after), revoked), (chunk) =>
              intake.append(chunk)
            )
          ),
        { concurrency: options.concurrency ?? run.splits ?? 1 }
      ),
      Stream.runDrain
    )

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
 * Reads the credentials anew for each run, for sources that ask for them once. Credentials that cannot be read close the
 * source until they change.
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
 * A split that is this source's own, for authors who write promises.
 *
 * @since 1.0.0
 * @category models
 */
export interface AsyncClaim {
  /** Fires when the split is lost or the source is to end: nothing that is read from then on is taken. */
  readonly signal: AbortSignal
  /** Fires when the split is wanted elsewhere: append what is under way, and return. */
  readonly revoked: AbortSignal
}

/**
 * What `fromAsync` hands its author: the intake with promises. Each of them rejects once the source has ended, or has lost
 * the split that it is about.
 *
 * @since 1.0.0
 * @category models
 */
export interface AsyncIntake<in E extends Event = Event> {
  /** Resolves when the chunk is durable. */
  readonly append: (chunk: Chunk<E>) => Promise<void>
  readonly full: () => Promise<boolean>
  /** Runs `read` from the last checkpoint, if the split is nobody else's; see `Intake.claim`. Rejects with what `read` throws. */
  readonly claim: <A>(
    split: Split,
    read: (after: Checkpoint | undefined, claim: AsyncClaim) => Promise<A>
  ) => Promise<Claimed<A>>
  /** So many bytes of input lie ahead; see `Intake.expect`. */
  readonly expect: (bytes: number) => Promise<void>
  /** What of a claimed split is left unread; see `Intake.unread`. */
  readonly unread: (split: Split, left: Unread) => Promise<void>
  /** All that the source cannot read now; see `Intake.problems`. */
  readonly problems: (found: ReadonlyArray<Problem>) => Promise<void>
}

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
