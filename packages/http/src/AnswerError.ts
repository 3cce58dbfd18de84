/**
 * Why an answer cannot be read.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * An answer cannot be read as JSON: `truncated`, since it was cut, or `not-json`. The message holds nothing of the answer.
 *
 * @since 1.0.0
 * @category errors
 */
export class AnswerError extends Schema.TaggedError<AnswerError>()("AnswerError", {
  reason: Schema.Literals(["truncated", "not-json"]),
  /** Bytes of its body that were read. */
  read: Schema.Int
}) {
  override get message(): string {
    return this.reason === "truncated"
      ? `the answer was cut after ${this.read} bytes; raise answerBytes, or lower the limits of a request`
      : `the answer is no JSON (${this.read} bytes)`
  }
}
