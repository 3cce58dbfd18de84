/** A request to a remote that fails on demand, and what became of it. */
import type * as Duration from "effect/Duration"

/**
 * A request, wholly read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Request {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** By lower-case name; repeated ones are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** As text, unpacked when `content-encoding` says it is packed. */
  readonly body: string
}

/**
 * What a request is answered with.
 *
 * @since 1.0.0
 * @category models
 */
export interface Answer {
  readonly status: number
  /** `content-type` is `application/json` unless it is given here, where there is a body. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * What happens to one request. A request is handled when `Options.answer` was asked about it: then a remote has acted
 * on it, whatever its sender gets to see.
 *
 * - `answer`: this answer; not handled.
 * - `reset-before`: the connection is reset without an answer; not handled.
 * - `reset-after`: handled, then reset without an answer.
 * - `cut-answer`: handled; the head and a part of the body are sent, then the connection is reset.
 * - `nonsense`: bytes that are no HTTP, and the end of the connection; not handled.
 * - `hang`: never answered; not handled.
 * - `slow-answer`: handled at once, answered after `wait`.
 * - `slow-body`: handled; the head at once, the body in pieces over `wait`.
 * - `endless-body`: handled; a body that goes on until the connection is closed.
 *
 * @since 1.0.0
 * @category models
 */
export type Fault =
  | { readonly kind: "answer"; readonly answer: Answer }
  | {
      readonly kind: "reset-before" | "reset-after" | "cut-answer" | "nonsense" | "hang" | "endless-body"
    }
  | { readonly kind: "slow-answer" | "slow-body"; readonly wait: Duration.Input }

/**
 * A request and what became of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Exchange {
  readonly request: Request
  readonly fault: Fault | undefined
  /** What the request was handled with; `undefined` when it was not. */
  readonly answer: Answer | undefined
  /** Requests under way when it had come in, itself among them. */
  readonly abreast: number
  /**
   * `answered` in full; `broken` off by a fault; `given-up` by the sender, who closed the connection before the answer
   * was complete; until then `open`.
   */
  readonly state: "open" | "answered" | "broken" | "given-up"
  /** Bytes of the answer's body that went out. */
  readonly sent: number
}
