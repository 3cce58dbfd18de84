import { redacted } from "@millrace/core/Transform"

const redactedJson = JSON.stringify(redacted)

/** A value as JSON, without what was removed; `undefined` when nothing is left of it. */
export const serialize = (value: unknown): string | undefined => {
  const text: string | undefined = JSON.stringify(value)
  // Looked for first: a replacer is slow, and hardly ever needed.
  return text?.includes(redactedJson)
    ? JSON.stringify(value, (_, part) => (part === redacted ? undefined : part))
    : text
}
