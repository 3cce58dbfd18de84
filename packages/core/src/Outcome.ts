/**
 * Outcomes: the final verdict on one message, or on an attempt as a whole.
 *
 * No verdict can be missing or extra: the constructors of `Outcomes` give every message one verdict.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { Batch, BatchMessage } from "./Message.ts"

/**
 * The remote system has taken the message.
 *
 * @since 1.0.0
 * @category models
 */
export interface Delivered {
  readonly _tag: "Delivered"
}

/**
 * Try again. `after` is the least wait that the remote asked for; `scope` says whether the lane or all lanes of the
 * destination wait.
 *
 * @since 1.0.0
 * @category models
 */
export interface Retry {
  readonly _tag: "Retry"
  /** A declared kebab-case name, such as `throttled`, `unavailable`, `no-answer`. */
  readonly reason: string
  /** What the remote said, masked and short; kept with a dead letter, never a metric label. */
  readonly detail?: string | undefined
  readonly after?: Duration.Input | undefined
  readonly scope?: "lane" | "destination" | undefined
}

/**
 * The remote system will never take the message: it becomes a dead letter.
 *
 * @since 1.0.0
 * @category models
 */
export interface Rejected {
  readonly _tag: "Rejected"
  readonly reason: string
  readonly detail?: string | undefined
}

/**
 * The credentials were refused. The lane's gate closes; its events wait.
 *
 * @since 1.0.0
 * @category models
 */
export interface Unauthorized {
  readonly _tag: "Unauthorized"
  readonly reason: string
  readonly detail?: string | undefined
}

/**
 * Too large for the remote: a batch is halved, an event that stands alone becomes a dead letter.
 *
 * @since 1.0.0
 * @category models
 */
export interface TooLarge {
  readonly _tag: "TooLarge"
  readonly detail?: string | undefined
}

/**
 * What became of one message.
 *
 * @since 1.0.0
 * @category models
 */
export type Outcome = Delivered | Retry | Rejected | Unauthorized | TooLarge

/**
 * The message was taken.
 *
 * @since 1.0.0
 * @category constructors
 */
export const delivered: Delivered = { _tag: "Delivered" }

/**
 * The message is to be tried again. `reason` is a declared kebab-case name.
 *
 * @since 1.0.0
 * @category constructors
 */
export const retry = (reason: string, options: Omit<Retry, "_tag" | "reason"> = {}): Retry => ({
  _tag: "Retry",
  reason,
  ...options
})

/**
 * The message will never be taken. `reason` is a declared kebab-case name; `detail` has the remote's words, masked and short.
 *
 * @since 1.0.0
 * @category constructors
 */
export const rejected = (reason: string, detail?: string): Rejected => ({ _tag: "Rejected", reason, detail })

/**
 * The credentials were refused; `detail` tells the operator what to look at.
 *
 * @since 1.0.0
 * @category constructors
 */
export const unauthorized = (reason: string, detail?: string): Unauthorized => ({
  _tag: "Unauthorized",
  reason,
  detail
})

/**
 * Too large for the remote, alone or as a batch.
 *
 * @since 1.0.0
 * @category constructors
 */
export const tooLarge = (detail?: string): TooLarge => ({ _tag: "TooLarge", detail })

/**
 * The verdict on an attempt as a whole. On `Rejected` and `TooLarge` the core halves the batch until one event
 * stands alone.
 *
 * @since 1.0.0
 * @category errors
 */
export class DeliveryError extends Schema.TaggedError<DeliveryError>()("DeliveryError", {
  outcome: Schema.declare(
    (value): value is Exclude<Outcome, Delivered> => typeof value === "object" && value !== null
  )
}) {
  override get message(): string {
    const { outcome } = this
    const reason = outcome._tag === "TooLarge" ? "too-large" : outcome.reason
    return outcome.detail === undefined ? reason : `${reason}: ${outcome.detail}`
  }
}

/**
 * One verdict for each message of one batch.
 *
 * @since 1.0.0
 * @category models
 */
export class Outcomes {
  readonly batch: Batch
  /** By position in the batch. If the events of a message were judged one by one, the first verdict that is not Delivered. */
  readonly values: ReadonlyArray<Outcome>
  /** By position in the batch, then by position in the message; set by `eachEvent` alone. */
  readonly events: ReadonlyArray<ReadonlyArray<Outcome>> | undefined
  /** Ids that have a verdict and were never sent: a defect of the plugin, which is logged. */
  readonly strangers: ReadonlyArray<string>
  /** The share of the remote's rate limit in use, 0 to 1, if the remote tells it. */
  readonly usage: number | undefined
  protected readonly total = true

  private constructor(
    batch: Batch,
    values: ReadonlyArray<Outcome>,
    strangers: ReadonlyArray<string>,
    events?: ReadonlyArray<ReadonlyArray<Outcome>>,
    usage?: number
  ) {
    this.batch = batch
    this.values = values
    this.strangers = strangers
    this.events = events
    this.usage = usage
  }

  /** The same verdict on every message. A refusal of the whole batch is a `DeliveryError` instead. */
  static all(batch: Batch, outcome: Delivered | Retry): Outcomes {
    return new Outcomes(
      batch,
      batch.ids.map(() => outcome),
      []
    )
  }

  /** A verdict on each message in turn. */
  static each(batch: Batch, verdict: (id: string, index: number) => Outcome): Outcomes {
    return new Outcomes(batch, batch.ids.map(verdict), [])
  }

  /**
   * A verdict on each event of each message, for a remote that judges the rows of a message. `event` is the event's position in
   * the list that `prepare` got.
   *
   * An event with a final verdict has ended. The other events of the message are prepared anew and tried again; later messages of
   * the same user wait. `Rejected` and `TooLarge` on an event end that event alone.
   */
  static eachEvent<Meta>(
    batch: Batch<Meta>,
    verdict: (message: BatchMessage<Meta>, event: number, index: number) => Outcome
  ): Outcomes {
    const events = batch.messages.map((message, index) =>
      Array.from({ length: message.events }, (_, event) => verdict(message, event, index))
    )
    const values = events.map((verdicts) => verdicts.find(({ _tag }) => _tag !== "Delivered") ?? delivered)
    return new Outcomes(batch, values, [], events)
  }

  /** Verdicts by message id. A message without an answer is tried again: silence is never success. */
  static byId(batch: Batch, answers: ReadonlyMap<string, Outcome>): Outcomes {
    const sent = new Set(batch.ids)
    return new Outcomes(
      batch,
      batch.ids.map((id) => answers.get(id) ?? retry("no-answer")),
      [...answers.keys()].filter((id) => !sent.has(id))
    )
  }

  /** Tells how much of the remote's rate limit is used, 0 to 1; the core slows down before it is reached. */
  withUsage(usage: number): Outcomes {
    return new Outcomes(this.batch, this.values, this.strangers, this.events, Math.min(1, Math.max(0, usage)))
  }
}
