/** What the endpoint answers. An error says what is wrong in `error`, and nothing of what was sent. */

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** No copy of it is kept anywhere, no other site may use it, and no browser guesses what it is. */
const guarded = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

export const text = (status: number, body: string, type = "text/plain; charset=utf-8"): Answer => ({
  status,
  headers: { ...guarded, "content-type": type },
  body
})

export const json = (value: unknown, status = 200): Answer =>
  text(status, JSON.stringify(value), "application/json; charset=utf-8")

export const refuse = (
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {}
): Answer => {
  const answer = json({ error: message }, status)
  return { ...answer, headers: { ...answer.headers, ...headers } }
}
