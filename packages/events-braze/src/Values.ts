/**
 * Values of Currents' fields, on their way to a destination. What Braze replaced by `[REDACTED]` is absent.
 *
 * @since 1.0.0
 */
import * as internal from "./internal/event.ts"

/**
 * Whether a value may identify someone.
 *
 * @since 1.0.0
 * @category conversions
 */
export const present: (value: unknown) => value is string = internal.present

/**
 * A value as JSON holds it, `undefined` for what is absent: null, what Braze replaced, what JSON has no word for.
 *
 * @since 1.0.0
 * @category conversions
 */
export const toJson = (value: unknown): unknown => {
  switch (typeof value) {
    case "string":
      return value === internal.redacted ? undefined : value
    case "number":
      return Number.isFinite(value) ? value : undefined
    case "bigint":
      return String(value)
    case "boolean":
      return value
    case "object":
      return value ?? undefined
    default:
      return undefined
  }
}

/**
 * Whether a value is an object and no list.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isObject: (value: unknown) => value is { readonly [name: string]: unknown } = internal.isObject
