/** What makes a JSON value an event: looked at, since anybody may write to standard input. */

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const ids = ["sourceId", "externalId", "deviceId", "timezone"]

/** What is wrong, without any of the value. */
export const problemOf = (value: unknown): string | undefined => {
  if (!isObject(value)) return "not a JSON object"
  const { id, properties, time, type, user } = value
  if (typeof id !== "string" || id === "") return "id is no text, or empty"
  if (typeof type !== "string" || type === "") return "type is no text, or empty"
  if (typeof time !== "number") return "time is no number of milliseconds"
  if (!isObject(user)) return "user is no object"
  const name = ids.find((field) => user[field] !== undefined && typeof user[field] !== "string")
  if (name !== undefined) return `user.${name} is no text; leave it out where there is none`
  return isObject(properties) ? undefined : "properties is no object"
}
