/** What a destination to be tested tells of itself. */
import type { Destination } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import type { Plugin } from "@millrace/core/Plugin"
import type { Answer, Request } from "../../FaultyRemote.ts"

/**
 * A message of one request, as the remote judged it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Judged {
  readonly id: string
  readonly accepted: boolean
}

/**
 * How the remote speaks, as far as the suite must know. Everything has a default that suits an HTTP API which takes or
 * refuses a request as a whole; `false` says that the remote never answers so.
 *
 * @since 1.0.0
 * @category models
 */
export interface Remote {
  /**
   * The ids of the messages that a request holds, in their order. By default a message is found in the body or the
   * path by the id of its event, or else its own id, or else all of its text. Only that way are events found that the
   * settings let stand together in one message.
   */
  readonly ids?: (request: Request) => ReadonlyArray<string>
  /** All messages are taken: 200 with `{}` by default, or what `each` says when there is one. */
  readonly accepted?: Answer
  /**
   * The answer of a remote that judges each message by itself, or each event of a grouped message: then the ids are those that
   * the events have as messages alone. Without it, a request is taken or refused as a whole.
   */
  readonly each?: (messages: ReadonlyArray<Judged>) => Answer
  /** `each` tells of refused messages only: one it does not name is taken. */
  readonly namesOnlyRefused?: boolean
  /** A request that holds a message it will never take, refused as a whole: 400 by default. */
  readonly refused?: Answer | false
  /** A request that is too large: 413 by default. */
  readonly tooLarge?: Answer | false
  /** Too many requests: 429 by default. The suite adds `retry-after`, in seconds and as a date. */
  readonly throttled?: Answer | false
  /** Answers to credentials that are not valid: 401 by default. */
  readonly unauthorized?: ReadonlyArray<Answer> | false
  /** Answers in times of trouble that say nothing about the events: 500 and 503 by default. */
  readonly unavailable?: ReadonlyArray<Answer>
  /** To a request with valid credentials that holds no message, such as a probe: 200 with `{}` by default. */
  readonly otherwise?: Answer | ((request: Request) => Answer)
  /**
   * Of a remote that hands out tokens: the answer that hands out this one, to a request that asks for one with valid
   * credentials; `undefined` to any other request. The suite makes the tokens up, and lets them run out.
   */
  readonly token?: (request: Request, token: string) => Answer | undefined
  /**
   * Whether a request carries these credentials. By default, whether one of their redacted values stands in its path,
   * headers (also within Base64) or body; a remote with signatures needs its own rule. A request with a `token` carries what
   * the token was handed out for.
   */
  readonly carries?: (request: Request, credentials: unknown) => boolean
  /** The most bytes it takes in the body of a request; the plugin's own limit by default. */
  readonly requestBytes?: number
}

/**
 * A destination plugin to be tested.
 *
 * @since 1.0.0
 * @category models
 */
export interface DestinationUnderTest<E extends Event, Input, CredentialsInput> {
  /** What the package exports: the value that `Destination.plugin` made. */
  readonly plugin: Plugin<Input, CredentialsInput, Destination<E>>
  /** Settings for a remote at `origin` (scheme, host and port). */
  readonly settings: (origin: string) => NoInfer<Input>
  /**
   * Two sets of valid credentials: the second takes the place of the first. Secrets of 8 characters or more that stand
   * nowhere else, all different. Without them, what concerns credentials is left out.
   */
  readonly credentials?: readonly [NoInfer<CredentialsInput>, NoInfer<CredentialsInput>]
  /**
   * Sample events that the destination sends. They are sent again and again with ids of the suite's own: those of the
   * first one's lane over the wire, the others are only assigned and prepared.
   */
  readonly events: readonly [NoInfer<E>, ...ReadonlyArray<NoInfer<E>>]
  /**
   * `false` for a destination that sends no HTTP requests, such as one that writes files: then only settings, `assign`
   * and `prepare` are asked, and its delivery is for tests of its own.
   */
  readonly remote?: Remote | false
  /** The README of the package, whose tables must name every setting and credential. */
  readonly readme?: URL
}
