/**
 * A schema's complaint in the words of a person who edits the file.
 */
import { nearest } from "@millrace/core/Nearest"
import * as Schema from "effect/Schema"

export interface Issue {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The keys that a JSON Schema knows at a path. */
const keysAt = (schema: unknown, path: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!isRecord(schema)) return []
  const branches = [schema["anyOf"], schema["oneOf"], schema["allOf"]].flatMap((found) =>
    Array.isArray(found) ? found : []
  )
  const own = (() => {
    const [head, ...rest] = path
    if (head === undefined) return isRecord(schema["properties"]) ? Object.keys(schema["properties"]) : []
    const property = isRecord(schema["properties"]) ? schema["properties"][head] : undefined
    return keysAt(property ?? schema["items"] ?? schema["additionalProperties"], rest)
  })()
  return [...own, ...branches.flatMap((branch) => keysAt(branch, path))]
}

/** What a schema says, and what a person wants to read. */
const plain: ReadonlyMap<string, string> = new Map([
  ["Missing key", "is missing"],
  [
    "Expected a valid Duration string",
    'expected a duration: a number and its unit, such as "90 seconds", "15 minutes" or "7 days"'
  ],
  ["Expected a valid ByteSize string", 'expected a size: a number and its unit, such as "500 MB" or "2 GiB"']
])

/** What was found stands under `path`, to tell a secret in plain text from other mistakes; it is never shown. */
export const explain = (
  issue: Issue,
  schema: Schema.Top,
  found: unknown,
  inside: ReadonlyArray<string>
): string => {
  if (issue.message === "Expected no excess property") {
    const key = issue.path.at(-1) ?? ""
    const known = keysAt(Schema.toJsonSchemaDocument(schema).schema, inside.slice(0, -1))
    const close = nearest(key, known)
    if (close !== undefined) return `unknown key; did you mean "${close}"?`
    return known.length === 0
      ? "unknown key; none is known here"
      : `unknown key; those known here are ${known.join(", ")}`
  }
  if (issue.message === "Expected Redacted") {
    return typeof found === "string" || typeof found === "number"
      ? "a secret stands here in plain text; put it in the environment or in a file, and refer to it: { env: NAME } or { file: PATH }"
      : "a secret is a reference: { env: NAME } or { file: PATH }"
  }
  return plain.get(issue.message) ?? issue.message
}
