/**
 * How a lane tries again, slows down and probes: data, with defaults that suit an HTTP API.
 *
 * Tries go on until an event's retention, not for a number of times.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"

/**
 * What differs from the defaults.
 *
 * @since 1.0.0
 * @category models
 */
export interface Policy {
  /**
   * The most requests under way at once in a lane; the destination's own limit by default, and never more. Exporters that share an
   * outbox divide it, with one each at least.
   */
  readonly concurrency?: number | undefined
  /** The longest wait before the second attempt; it doubles with each further one. Default 200 milliseconds. */
  readonly firstBackoff?: Duration.Input | undefined
  /** The longest wait between attempts, but for one that the remote asks for. Default 1 minute. */
  readonly longestBackoff?: Duration.Input | undefined
  /** Failures in a row after which one attempt at a time probes the remote. Default 5. */
  readonly breakerAfter?: number | undefined
  /** How often a lane with refused credentials is tried: they may be repaired on the other side. Default 5 minutes. */
  readonly probeEvery?: Duration.Input | undefined
  /** The longest one attempt may take, whatever the plugin's own limits. Default 2 minutes. */
  readonly attemptTimeout?: Duration.Input | undefined
  /** The longest that establishing a connection may take. Default 10 seconds. */
  readonly connectTimeout?: Duration.Input | undefined
  /** The longest wait from a request sent to the head of its answer. Default 30 seconds. */
  readonly headersTimeout?: Duration.Input | undefined
  /** The longest that reading the body of an answer may take, all of it. Default 30 seconds. */
  readonly bodyTimeout?: Duration.Input | undefined
}

/**
 * A policy with every default filled in; times in milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export type Resolved = { readonly [Name in keyof Policy]-?: number }

/**
 * A policy with its defaults; `concurrency` is the most that the destination allows.
 *
 * @since 1.0.0
 * @category conversions
 */
export const resolve = (policy: Policy, concurrency: number): Resolved => ({
  concurrency: Math.max(1, Math.min(concurrency, policy.concurrency ?? concurrency)),
  firstBackoff: Duration.toMillis(policy.firstBackoff ?? 200),
  longestBackoff: Duration.toMillis(policy.longestBackoff ?? "1 minute"),
  breakerAfter: policy.breakerAfter ?? 5,
  probeEvery: Duration.toMillis(policy.probeEvery ?? "5 minutes"),
  attemptTimeout: Duration.toMillis(policy.attemptTimeout ?? "2 minutes"),
  connectTimeout: Duration.toMillis(policy.connectTimeout ?? "10 seconds"),
  headersTimeout: Duration.toMillis(policy.headersTimeout ?? "30 seconds"),
  bodyTimeout: Duration.toMillis(policy.bodyTimeout ?? "30 seconds")
})

/**
 * The limits of one request, in milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Timeouts {
  /** To establish a connection. */
  readonly connect: number
  /** From a request sent to the head of its answer. */
  readonly headers: number
  /** To read the body of an answer, all of it. */
  readonly body: number
}

/**
 * The limits of one request under a policy, in milliseconds.
 *
 * @since 1.0.0
 * @category conversions
 */
export const timeouts = ({ connectTimeout, headersTimeout, bodyTimeout }: Resolved): Timeouts => ({
  connect: connectTimeout,
  headers: headersTimeout,
  body: bodyTimeout
})

/**
 * The limits of one request that hold for a lane, given while its connection is opened: the transport reads them there.
 * Those of an empty policy everywhere else.
 *
 * @since 1.0.0
 * @category services
 */
export const Timeouts = Context.Reference<Timeouts>("@millrace/core/Policy/Timeouts", {
  defaultValue: () => timeouts(resolve({}, 1))
})

/**
 * The most that is read of one answer, in bytes, whoever asks for more.
 *
 * @since 1.0.0
 * @category models
 */
export const mostAnswerBytes: number = 16 * 1024 * 1024

/**
 * What an answer to a request of so many events may have, in bytes: a KiB for each, 1 MiB at the least, and
 * `mostAnswerBytes` at the most.
 *
 * @since 1.0.0
 * @category conversions
 */
export const answerBytes = (events: number): number =>
  Math.min(mostAnswerBytes, 1024 * Math.max(1024, events))

/**
 * How much of one answer is read, given while a lane's connection is opened: enough for the largest request that the
 * destination's limits allow. 1 MiB everywhere else.
 *
 * @since 1.0.0
 * @category services
 */
export const AnswerBytes = Context.Reference<number>("@millrace/core/Policy/AnswerBytes", {
  defaultValue: () => answerBytes(1)
})

/**
 * What whoever sends a lane's requests has to keep to: `Transport.promise` takes it as it stands.
 *
 * @since 1.0.0
 * @category models
 */
export interface RequestLimits extends Timeouts {
  /** How much of an answer is read. */
  readonly answerBytes: number
}
