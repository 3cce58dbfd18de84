/**
 * What goes wrong when an admin endpoint is opened.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"

/**
 * The endpoint cannot listen, or must not: its message names the setting and says what to do.
 *
 * @since 1.0.0
 * @category errors
 */
export class AdminError extends Data.TaggedError("AdminError")<{ readonly message: string }> {}
