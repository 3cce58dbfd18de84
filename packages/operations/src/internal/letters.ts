/** Dead letters as plain data: whole, listed, and as a person looks at one. */
import type { Event } from "@millrace/core/Event"
import type { DeadLetter, DeadLetterHead } from "@millrace/core/Outbox"

/**
 * A dead letter whole: its event, or, where none can be read, its record in base64.
 *
 * @since 1.0.0
 * @category models
 */
export interface Letter extends Omit<DeadLetter, "record"> {
  readonly record?: string
  readonly event?: Event
}

/**
 * Some of the letters that were asked for; `after` asks for the next, absent when there are none.
 *
 * @since 1.0.0
 * @category models
 */
export interface Page {
  readonly letters: ReadonlyArray<Letter>
  readonly after?: number
}

/**
 * A dead letter as it stands in a list; its event is named where it can be read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Listed extends DeadLetterHead {
  readonly type?: string
  readonly event?: string
}

/**
 * How many letters were found, and the first of them.
 *
 * @since 1.0.0
 * @category models
 */
export interface List {
  readonly total: number
  readonly letters: ReadonlyArray<Listed>
}

/**
 * Some of the letters that were asked for, as they stand in a list; `after` asks for the next, absent when there are none.
 *
 * @since 1.0.0
 * @category models
 */
export interface ListPage {
  readonly letters: ReadonlyArray<Listed>
  readonly after?: number
}

/**
 * A dead letter as a person looks at it: its event, or the bytes that came; where it came from, in words; and its message as
 * today's configuration makes it, or why there is none. That message is the one that was sent, unless settings have changed or
 * the event was sent together with others.
 *
 * @since 1.0.0
 * @category models
 */
export interface Shown extends Omit<Letter, "record" | "at" | "codec" | "parameter" | "kept"> {
  /** When it was written, in ISO 8601. */
  readonly at: string
  readonly record?: { readonly base64: string }
  readonly place: string
  readonly message?: unknown
  readonly noMessage?: string
}
