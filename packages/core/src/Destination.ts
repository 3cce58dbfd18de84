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
  /** Two lanes with the same mark reach the same place at the remote. Marks are compared, never shown. */
  readonly mark?: string | undefined
}

/**
 * What one request may hold. Each number is at least 1: with less, opening the destination fails and names the limit.
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
 * The event goes to this lane. Events with the same `group` that wait in one lane may become one message.
 *
 * @since 1.0.0
 * @category constructors
 */
export const to = (lane: string, group?: string): Assignment => ({ _tag: "To", lane, group })

/**
 * The event is not for this destination. It is counted under `reason`, a declared kebab-case name.
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
  /** If the remote documents no probe: what the check relies on. It is shown beside the result. */
  readonly checkNote?: string
}

/**
 * A destination with its settings and credentials. `assign` and `prepare` are pure: equal input gives equal bytes. `Meta` is the
 * type of the author's own data, which `prepare` gives to `deliver` beside a message.
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
   * Tells an operator about surprises with the types that a route selects, although nothing is wrong and the ledger shows nothing.
   * One sentence each; `check` and `preview` print them.
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
 * A destination as the engine has it. The engine opens it again to pick up changed credentials.
 *
 * @since 1.0.0
 * @category models
 */
export interface Destination<in E extends Event = Event> {
  readonly plugin: string
  /** The types that it takes. Its codecs also read waiting events whose source left the configuration. */
  readonly accepts: Catalogue.Catalogue
  /** The types that a route takes if it names none. */
  readonly selection: ReadonlySet<string> | undefined
  /** Ties the event types it takes to the destination; never called. */
  readonly takes?: (event: E) => void
  readonly open: Effect.Effect<Opened<E>, Plugin.PluginError>
  /** Completes when the credentials may have changed since the effect was started; absent if they never change. */
  readonly changed?: Effect.Effect<void>
}

/**
 * What the author of a destination plugin writes. `accepts` gives `assign` and `prepare` their event type.
 *
 * @since 1.0.0
 * @category models
 */
export interface Declaration<
  E extends Event,
  Settings,
  Input,
  Credentials,
  CredentialsInput,
  Meta = unknown
> {
  /** The npm name of the package. */
  readonly name: string
  readonly accepts: Catalogue.Catalogue<E>
  /** The types that a route takes if it names none, perhaps by the settings; by default all that `accepts` names. */
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
  declaration: Declaration<E, Settings, Input, Credentials, CredentialsInput, Meta>
): Plugin.Plugin<Input, CredentialsInput, Destination<E>> =>
  Plugin.make({
    name: declaration.name,
    kind: "destination",
    settings: declaration.settings,
    credentials: declaration.credentials,
    make: (settings: Settings, credentials: Effect.Effect<Credentials, Plugin.PluginError>, changed) => ({
      ...(changed === undefined ? {} : { changed }),
      plugin: declaration.name,
      accepts: declaration.accepts,
      selection:
        typeof declaration.selection === "function" ? declaration.selection(settings) : declaration.selection,
      open: Effect.flatMap(credentials, (given) =>
        Plugin.fromResult(
          declaration.name,
          // `deliver` is only ever given the meta that this `prepare` made.
          Result.flatMap(
            declaration.open({ settings, credentials: given }) as Result.Result<Opened<E>, string>,
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
 * `connect` for authors who write promises. `open` may return a promise, for example to fetch a token first. A thrown
 * `DeliveryError` is the verdict on the attempt, or on the lane while it connects; anything else thrown is a Retry. The scope
 * calls `close`; drain and time limits fire `signal`. `limits` are the operator's time limits for one request, and how much of
 * an answer to read: hand them on to the transport.
 *
 * @since 1.0.0
 * @category constructors
 */
export const connectAsync = <Meta = unknown>(
  open: (
    lane: string,
    limits: Policy.RequestLimits,
    signal: AbortSignal
  ) => AsyncConnection<Meta> | Promise<AsyncConnection<Meta>>
): ((lane: string) => Effect.Effect<Connection<Meta>, DeliveryError, Scope.Scope>) =>
  Effect.fnUntraced(function* (lane) {
    const limits = { ...(yield* Policy.Timeouts), answerBytes: yield* Policy.AnswerBytes }
    const connection = yield* Effect.uninterruptibleMask((restore) =>
      Effect.tap(restore(attempted((signal) => opening(open(lane, limits, signal), signal))), ({ close }) =>
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
