/**
 * What goes wrong between a command and the exporter that it speaks to.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"

/**
 * The control socket of an exporter could not be opened, or the exporter behind it gave no answer.
 *
 * @since 1.0.0
 * @category errors
 */
export class ControlError extends Data.TaggedError("ControlError")<{ readonly message: string }> {}
