import { redacted } from "@millrace/core/Transform"

const redactedJson = JSON.stringify(redacted)

/** How JSON writes half of a pair of surrogates, which is text to JavaScript alone: other readers refuse all of it. */
const half = "\\ud"

/** A value as JSON that every reader takes, without what was removed. */
export const serialize = (value: unknown): string => {
  const text = JSON.stringify(value)
  // Looked for first: it is slow, and hardly ever needed.
  return text.includes(redactedJson) || text.includes(half) ? JSON.stringify(cleaned(JSON.parse(text))) : text
}

const cleaned = (value: unknown): unknown => {
  if (typeof value === "string") return value.toWellFormed()
  if (Array.isArray(value)) return value.map((item: unknown) => (item === redacted ? null : cleaned(item)))
  if (typeof value !== "object" || value === null) return value
  const kept = Object.entries(value).filter(([, part]) => part !== redacted)
  return Object.fromEntries(kept.map(([name, part]) => [name.toWellFormed(), cleaned(part)]))
}
