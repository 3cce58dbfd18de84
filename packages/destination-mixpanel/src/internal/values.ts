import { redacted } from "@millrace/events-braze/Braze"

/** Whether a value may identify someone. */
export const present = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value !== redacted

/** A value as JSON holds it, `undefined` for what is absent: null, what Braze replaced, what JSON has no word for. */
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

export const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)
