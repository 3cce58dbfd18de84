/**
 * A destination is one configured remote system. Its author converts events and makes one attempt; batching,
 * retrying, pausing, draining and counting belong to the core.
 *
 * @since 1.0.0
 */

import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Catalogue from "./Catalogue.ts"
import type { Event } from "./Event.ts"
import type { Batch, Envelope, Message } from "./Message.ts"
import { DeliveryError, type Outcomes, type Rejected, retry } from "./Outcome.ts"
import * as Plugin from "./Plugin.ts"
import * as Policy from "./Policy.ts"

/**
 * An independent path into a destination. Lanes are named by the configuration, never by credential values.
 *
 * @since 1.0.0
 * @category models
 */
export interface Lane {
  readonly name: string
  /** Why the lane may not be opened yet, such as `no-credentials`: its events wait. */
  readonly held?: string | undefined
  /** What stands behind the lane. Two lanes with the same mark reach the same place; it is compared, never shown. */
  readonly mark?: string | undefined
}

/**
 * What one request may hold: each number at least 1. A destination that opens with less is refused, and the limit named.
 *
 * @since 1.0.0
 * @category models
 */
export interface Limits {
  /** Messages a request. */
  readonly messages: number
  /** Events a request, over all its messages. */
  readonly events: number
  /** Bytes of a request's body, envelope included. */
  readonly bytes: number
  /** Bytes of one message. */
  readonly messageBytes: number
  /** Events of one message, where events are grouped. */
  readonly messageEvents: number
  /** Requests under way at once in one lane. */
  readonly concurrency: number
  /** How long an event may wait for others of its group or its batch. */
  readonly window: Duration.Input
}

/**
 * Where an event goes: to a lane, perhaps in a group, or nowhere for a declared reason.
 *
 * @since 1.0.0
 * @category models
 */
export type Assignment =
  | { readonly _tag: "To"; readonly lane: string; readonly group: string | undefined }
  | { readonly _tag: "Skip"; readonly reason: string }

/**
 * To this lane. Events that wait in a lane with the same `group` may become one message.
 *
 * @since 1.0.0
 * @category constructors
 */
export const to = (lane: string, group?: string): Assignment => ({ _tag: "To", lane, group })

/**
 * Not for this destination: counted under the reason, a declared kebab-case name.
 *
 * @since 1.0.0
 * @category constructors
 */
export const skip = (reason: string): Assignment => ({ _tag: "Skip", reason })

/**
 * One lane, open; closed with its scope.
 *
 * @since 1.0.0
 * @category models
 */
export interface Connection<in Meta = unknown> {
  /** What stands around and between messages in a body; a JSON array by default. */
  readonly envelope?: Envelope
  /** One attempt. Never retries, sleeps or splits. */
  readonly deliver: (batch: Batch<Meta>) => Effect.Effect<Outcomes, DeliveryError>
  /** Proves settings and credentials without sending an event. */
  readonly check: Effect.Effect<void, DeliveryError>
  /** What the check rests on, where the remote documents no probe: shown beside its result. */
  readonly checkNote?: string
}

/**
 * A destination with settings and credentials read. `assign` and `prepare` are pure: equal input, equal bytes. `Meta` is
 * what `prepare` gives to `deliver` beside a message.
 *
 * @since 1.0.0
 * @category models
 */
export interface Opened<in E extends Event = Event, in out Meta = unknown> {
  readonly lanes: ReadonlyArray<Lane>
  readonly limits: Limits
  readonly assign: (event: E) => Assignment
  /** One message of one event, or of the events of a group, in the order of append. */
  readonly prepare: (
    events: readonly [E, ...ReadonlyArray<E>],
    lane: string
  ) => Result.Result<Message<Meta>, Rejected>
  readonly connect: (lane: string) => Effect.Effect<Connection<Meta>, DeliveryError, Scope.Scope>
  /**
   * What an operator should know before it surprises, of the types that a route selects: nothing is wrong, and nothing in
   * the ledger shows it. One sentence each; `check` and `preview` show them.
   */
  readonly warnings?: (types: ReadonlySet<string>) => ReadonlyArray<string>
}

/**
 * What `open` yields when all is well. A missing piece is named by the compiler in the first line of its error.
 *
 * @since 1.0.0
 * @category constructors
 */
export const opened = <E extends Event, Meta>(
  pieces: Opened<E, Meta>
): Result.Result<Opened<E, Meta>, string> => Result.succeed(pieces)

/**
 * What `connect` yields when the lane is ready at once. A missing piece is named by the compiler in the first line of its
 * error.
 *
 * @since 1.0.0
 * @category constructors
 */
export const connected = <Meta = unknown>(pieces: Connection<Meta>): Effect.Effect<Connection<Meta>> =>
  Effect.succeed(pieces)

/**
 * What the engine holds. Opening again is how changed credentials are picked up.
 *
 * @since 1.0.0
 * @category models
 */
export interface Destination<in E extends Event = Event> {
  readonly plugin: string
  /** The types it takes; its codecs also read what waits when a source is gone. */
  readonly accepts: Catalogue.Catalogue
  /** Types taken when a route names none. */
  readonly selection: ReadonlySet<string> | undefined
  /** Ties the event types it takes to the destination; never called. */
  readonly takes?: (event: E) => void
  readonly open: Effect.Effect<Opened<E>, Plugin.PluginError>
  /** Completes when the credentials may have changed since it was asked; without it they never do. */
  readonly changed?: Effect.Effect<void>
}

/**
 * What the author of a destination plugin writes. `accepts` gives `assign` and `prepare` their event type.
 *
 * @since 1.0.0
 * @category models
 */
export interface Definition<E extends Event, Settings, Input, Credentials, CredentialsInput, Meta = unknown> {
  /** The npm name of the package. */
  readonly name: string
  readonly accepts: Catalogue.Catalogue<E>
  /** Types taken when a route names none, perhaps by the settings; without it, all that `accepts` names. */
  readonly selection?: ReadonlySet<string> | ((settings: Settings) => ReadonlySet<string>)
  readonly settings: Schema.Codec<Settings, Input>
  readonly credentials: Schema.Codec<Credentials, CredentialsInput>
  /** Fails with a text that names the setting or credential at fault. */
  readonly open: (options: {
    readonly settings: Settings
    readonly credentials: Credentials
  }) => Result.Result<Opened<E, Meta>, string>
}

/**
 * A destination plugin: a function from settings and credentials to a destination.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plugin = <E extends Event, Settings, Input, Credentials, CredentialsInput, Meta>(
  definition: Definition<E, Settings, Input, Credentials, CredentialsInput, Meta>
): Plugin.Plugin<Input, CredentialsInput, Destination<E>> =>
  Plugin.make({
    name: definition.name,
    kind: "destination",
    settings: definition.settings,
    credentials: definition.credentials,
    make: (settings: Settings, credentials: Effect.Effect<Credentials, Plugin.PluginError>, changed) => ({
      ...(changed === undefined ? {} : { changed }),
      plugin: definition.name,
      accepts: definition.accepts,
      selection:
        typeof definition.selection === "function" ? definition.selection(settings) : definition.selection,
      open: Effect.flatMap(credentials, (given) =>
        Plugin.fromResult(
          definition.name,
          // `deliver` is only ever given the meta that this `prepare` made.
          Result.flatMap(
            definition.open({ settings, credentials: given }) as Result.Result<Opened<E>, string>,
            withLimits
          )
        )
      )
    })
  })

/** A request that may hold nothing would never be sent, and its events would wait for ever. */
const withLimits = <E extends Event>(given: Opened<E>): Result.Result<Opened<E>, string> => {
  const { window: _, ...counts } = given.limits
  const wrong = Object.entries(counts).find(([, most]) => !(most >= 1))
  return wrong === undefined
    ? Result.succeed(given)
    : Result.fail(`limits.${wrong[0]}: expected at least 1, found ${wrong[1]}`)
}

/**
 * A connection for authors who write promises.
 *
 * @since 1.0.0
 * @category models
 */
export interface AsyncConnection<in Meta = unknown> {
  readonly envelope?: Envelope
  readonly deliver: (batch: Batch<Meta>, signal: AbortSignal) => Promise<Outcomes>
  readonly check: (signal: AbortSignal) => Promise<void>
  readonly close?: () => Promise<void>
}

/**
 * `connect` for authors who write promises. It may take its time, such as to fetch a token, and may be a promise itself. A
 * thrown `DeliveryError` is the verdict on the attempt, or on the lane while it connects; anything else thrown is a Retry.
 * The scope calls `close`; drain and time limits fire `signal`. `limits` are those that an operator gave one request, and
 * how much of an answer is to be read: they are to be handed on to whatever sends it.
 *
 * @since 1.0.0
 * @category constructors
 */
export const connectAsync =
  <Meta = unknown>(
    open: (
      lane: string,
      limits: Policy.RequestLimits,
      signal: AbortSignal
    ) => AsyncConnection<Meta> | Promise<AsyncConnection<Meta>>
  ): ((lane: string) => Effect.Effect<Connection<Meta>, DeliveryError, Scope.Scope>) =>
  (lane) =>
    Effect.gen(function* () {
      const limits = { ...(yield* Policy.Timeouts), answerBytes: yield* Policy.AnswerBytes }
      const connection = yield* Effect.uninterruptibleMask((restore) =>
        Effect.tap(
          restore(attempted((signal) => opening(open(lane, limits, signal), signal))),
          ({ close }) =>
            close === undefined
              ? Effect.void
              : Effect.addFinalizer(() => Effect.ignore(Effect.tryPromise(() => close())))
        )
      )
      return {
        ...(connection.envelope === undefined ? {} : { envelope: connection.envelope }),
        deliver: (batch) => attempted((signal) => connection.deliver(batch, signal)),
        check: attempted((signal) => connection.check(signal))
      }
    })

/** One that is open too late is closed again. */
const opening = async <Meta>(
  given: AsyncConnection<Meta> | Promise<AsyncConnection<Meta>>,
  signal: AbortSignal
): Promise<AsyncConnection<Meta>> => {
  const connection = await given
  if (signal.aborted) await connection.close?.()
  return connection
}

const attempted = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, DeliveryError> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) =>
      cause instanceof DeliveryError
        ? cause
        : new DeliveryError({
            outcome: retry("failed", { detail: cause instanceof Error ? cause.message : undefined })
          })
  })
