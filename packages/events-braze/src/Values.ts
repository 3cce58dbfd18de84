/**
 * Values of Currents' fields, on their way to a destination. What Braze replaced by `[REDACTED]` is absent.
 *
 * @since 1.0.0
 */

import { redacted } from "@millrace/core/Transform"
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
      return value === redacted ? undefined : value
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
 * All of these values as JSON holds them, under their own names, without those that are absent.
 *
 * @since 1.0.0
 * @category conversions
 */
export const allToJson = (values: { readonly [field: string]: unknown }): { [field: string]: unknown } => {
  // Without a prototype, a field named `__proto__` is a field like any other.
  const found: { [field: string]: unknown } = Object.create(null)
  for (const field in values) {
    const kept = toJson(values[field])
    if (kept !== undefined) found[field] = kept
  }
  return found
}
