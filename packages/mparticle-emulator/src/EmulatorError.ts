/**
 * The one error of this package.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * The emulator could not start. The message is one line, names the thing at fault and what to do about it, and
 * never holds a secret or the content of an event.
 *
 * @since 1.0.0
 * @category errors
 */
export class EmulatorError extends Schema.TaggedError<EmulatorError>()("EmulatorError", {
  reason: Schema.Literals(["feeds", "capture", "address"]),
  message: Schema.String
}) {}
