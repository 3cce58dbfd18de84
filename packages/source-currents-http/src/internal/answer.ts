/** What Braze is answered. It goes by the status alone; the text is for whoever tries it by hand. */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Effect from "effect/Effect"

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

export const ok: Answer = { status: 200, text: "ok" }
/** Braze sends it no more, and tells its customer. */
export const unauthorized: Answer = {
  status: 401,
  text: "the bearer token is missing or wrong",
  headers: { "www-authenticate": "Bearer" }
}
export const notFound: Answer = { status: 404, text: "nothing is received at this path" }
export const methodNotAllowed: Answer = {
  status: 405,
  text: "events are posted here",
  headers: { allow: "POST" }
}
/** Braze sends smaller batches instead. */
export const tooLarge: Answer = { status: 413, text: "the body is too large" }
export const unsupported: Answer = {
  status: 415,
  text: "the body is neither plain nor gzip",
  headers: { "accept-encoding": "gzip" }
}

// Braze sends these again, later and later.
const later = (status: number, seconds: number, text: string): Answer => ({
  status,
  text,
  headers: { "retry-after": String(seconds) }
})
export const full = later(429, 10, "the outbox is full")
export const crowded = later(429, 1, "too many requests are under way")
export const failed = later(500, 10, "the request failed")
export const notStored = later(503, 10, "the events could not be stored in time")
export const uncertain = later(503, 10, "the bearer token cannot be looked at now")
export const stopping = later(503, 5, "the receiver stops")

/** What is said to whoever has shown no token that holds: the connection ends with it, so that it takes no one's place. */
export const toStrangers: ReadonlySet<Answer> = new Set([unauthorized, notFound, methodNotAllowed, uncertain])

/** Nobody is left to hear it. */
export const brokenOff: Answer = { status: 499, text: "the request broke off" }

/**
 * Answers, and completes when that is on its way. A body that was not read is read past, up to so many bytes: a client
 * that cannot get rid of its body may never look at the answer.
 */
export const send = (
  { headers, status, text }: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  isLast: boolean
): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (response.destroyed || request.socket.destroyed) return resume(Effect.void)
    response.once("close", () => resume(Effect.void))
    const body = `${text}\n`
    response.writeHead(status, {
      ...headers,
      "content-type": "text/plain; charset=utf-8",
      "content-length": Buffer.byteLength(body),
      ...(isLast ? { connection: "close" } : {})
    })
    response.end(body)
    if (!request.complete) readPast(request, limit)
  })

const readPast = (request: IncomingMessage, limit: number): void => {
  let size = 0
  request.on("error", () => undefined)
  request.on("data", (part: Buffer) => {
    size += part.length
    if (size > limit) request.destroy()
  })
}
