/**
 * A schema's complaint in the words of a person who edits the file.
 */
import { nearest } from "@millrace/core/Nearest"
import { isObject } from "effect/Predicate"
import * as Schema from "effect/Schema"

export interface Issue {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

/** The keys that a JSON Schema knows at a path. */
const keysAt = (schema: unknown, path: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!isObject(schema)) return []
  const branches = [schema["anyOf"], schema["oneOf"], schema["allOf"]].flatMap((found) =>
    Array.isArray(found) ? found : []
  )
  const own = (() => {
    const [head, ...rest] = path
    if (head === undefined) return isObject(schema["properties"]) ? Object.keys(schema["properties"]) : []
    const property = isObject(schema["properties"]) ? schema["properties"][head] : undefined
    return keysAt(property ?? schema["items"] ?? schema["additionalProperties"], rest)
  })()
  return [...own, ...branches.flatMap((branch) => keysAt(branch, path))]
}

const excess = "Expected no excess property"

/** What a schema says, and what a person wants to read. */
const plain: ReadonlyMap<string, string> = new Map([
  ["Missing key", "is missing"],
  [
    "Expected a valid Duration string",
    'expected a duration: a number and its unit, such as "90 seconds", "15 minutes" or "7 days"'
  ],
  ["Expected a valid ByteSize string", 'expected a size: a number and its unit, such as "500 MB" or "2 GiB"']
])

/** Where an unknown key belongs that stands among a plugin's settings or credentials, and is one of the others. */
export const misplaced = (
  { message, path }: Issue,
  {
    credentialsSchema,
    settingsSchema
  }: { readonly settingsSchema: Schema.Top; readonly credentialsSchema: Schema.Top }
): string | undefined => {
  const [place, key, ...deeper] = path
  if (message !== excess || key === undefined || deeper.length > 0) return undefined
  const among = (schema: Schema.Top) => keysAt(Schema.toJsonSchemaDocument(schema).schema, []).includes(key)
  if (place === "settings")
    return among(credentialsSchema) ? "is a credential; put it below credentials" : undefined
  return among(settingsSchema) ? "is a setting; put it below settings" : undefined
}

/** What was found stands under `path`, to tell a secret in plain text from other mistakes; it is never shown. */
export const explain = (
  issue: Issue,
  schema: Schema.Top,
  found: unknown,
  inside: ReadonlyArray<string>
): string => {
  if (issue.message === excess) {
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
