/**
 * Why a configuration was refused.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * The configuration is no good: where, what is wrong, and what to do. Never holds a value that was found.
 *
 * @since 1.0.0
 * @category errors
 */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", {
  file: Schema.String,
  /** Counted from 1; absent when no line is at fault. */
  line: Schema.optionalKey(Schema.Int),
  /** The setting at fault, such as `routes[0].to.settings.pod`; empty for the file as a whole. */
  path: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    const place = this.line === undefined ? this.file : `${this.file}:${this.line}`
    return this.path === "" ? `${place}: ${this.detail}` : `${place}: ${this.path}: ${this.detail}`
  }
}
