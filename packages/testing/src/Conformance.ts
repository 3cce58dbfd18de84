/**
 * What the suites of this package are made of: promises, each with a proof that can be run with or without a test
 * runner.
 *
 * @since 1.0.0
 */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * A promise that is not kept, and what was seen.
 *
 * @since 1.0.0
 * @category errors
 */
export class BrokenPromise extends Schema.TaggedError<BrokenPromise>()("BrokenPromise", {
  promise: Schema.String,
  /** What was seen, and where it helps what was to be seen. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * One promise and its proof.
 *
 * @since 1.0.0
 * @category models
 */
export interface Promised {
  /** What is promised; the title of its test. */
  readonly promise: string
  /** Succeeds when the promise is kept. Opens what it needs and closes it again. */
  readonly proof: Effect.Effect<void, BrokenPromise>
}

/**
 * The promises of one subject.
 *
 * @since 1.0.0
 * @category models
 */
export interface Suite {
  /** Whose promises they are. */
  readonly subject: string
  readonly promises: ReadonlyArray<Promised>
  /** Promises that cannot be proved of this subject, in a few words each. */
  readonly leftOut: ReadonlyArray<string>
}

/**
 * The name of a suite's tests: its subject, and what is left out.
 *
 * @since 1.0.0
 * @category conversions
 */
export const title = ({ leftOut, subject }: Suite): string =>
  leftOut.length === 0 ? subject : `${subject} (left out: ${leftOut.join(", ")})`

/**
 * Declares a test for each promise, under the suite's title.
 *
 * @since 1.0.0
 * @category testing
 */
export const declare = (suite: Suite): void => {
  describe(title(suite), () => {
    for (const { promise, proof } of suite.promises) it.live(promise, () => proof, timeLimit)
  })
}

/**
 * The promises of a suite that are broken. Runs the proofs side by side.
 *
 * @since 1.0.0
 * @category testing
 */
export const broken = (suite: Suite): Effect.Effect<ReadonlyArray<BrokenPromise>> =>
  Effect.map(
    Effect.forEach(suite.promises, ({ proof }) => Effect.result(proof), { concurrency: "unbounded" }),
    (results) => results.filter(Result.isFailure).map(({ failure }) => failure)
  )

/** Beyond the limit that every proof has by itself, so that it is the proof that tells. */
const timeLimit = 15 * 60_000
