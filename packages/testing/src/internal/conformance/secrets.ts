/** The secret values among credentials, and where they show. */
import * as Redacted from "effect/Redacted"
import type { Request } from "../../FaultyRemote.ts"

/** Every redacted text within a value, in the order met. */
export const within = (value: unknown): ReadonlyArray<string> => {
  if (Redacted.isRedacted(value)) {
    const secret = Redacted.value(value)
    return typeof secret === "string" ? [secret] : within(secret)
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(within) : []
}

/** The same value with every redacted text in the open. */
export const revealed = (value: unknown): unknown => {
  if (Redacted.isRedacted(value)) return Redacted.value(value)
  if (Array.isArray(value)) return value.map(revealed)
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, revealed(part)]))
    : value
}

const base64 = /[A-Za-z0-9+/_-]{8,}={0,2}/g

const decoded = (text: string): string =>
  [...text.matchAll(base64)].map(([word]) => Buffer.from(word, "base64").toString("latin1")).join("\n")

const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether one of the redacted values of credentials stands in a request, plain or within Base64. */
export const carries = (request: Request, credentials: unknown): boolean => {
  const head = [request.path, ...Object.values(request.headers)].join("\n")
  const places = [head, unescaped(request.path), decoded(head), request.body].join("\n")
  return within(credentials).some((secret) => places.includes(secret))
}

/** The words of requests that hold secrets, as they stand there: a pair such as `key:secret` is encoded as a whole. */
export const wordsOf = (
  secrets: ReadonlyArray<string>,
  requests: ReadonlyArray<Request>
): ReadonlyArray<string> =>
  requests.flatMap(({ headers, path }) =>
    [path, ...Object.values(headers)].flatMap((text) =>
      [...text.matchAll(base64)]
        .map(([word]) => word)
        .filter((word) => secrets.some((secret) => decoded(word).includes(secret)))
    )
  )

/** The texts in which secrets would show: as they are, escaped, in Base64, and as requests carried them. */
export const traces = (credentials: ReadonlyArray<unknown>, requests: ReadonlyArray<Request>) => {
  const secrets = credentials.flatMap(within)
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64")
  ])
  return new Set([...forms, ...wordsOf(secrets, requests)])
}
