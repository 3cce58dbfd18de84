import type { ServerResponse } from "node:http"
import * as Effect from "effect/Effect"

/** Runs an effect beside the server, until it ends or the emulator is closed. */
export type Fork = (effect: Effect.Effect<void>) => void

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const pieces = 10

export const reply = (response: ServerResponse, { body, headers, status }: Reply): void => {
  response.writeHead(status, {
    ...(body === "" ? {} : { "Content-Type": "application/json" }),
    ...headers,
    "Content-Length": Buffer.byteLength(body)
  })
  response.end(body)
}

/** The head at once, the body in pieces over a wait of milliseconds. An answer without a body gets one. */
export const replySlowly = (fork: Fork, response: ServerResponse, answer: Reply, wait: number): void => {
  const body = Buffer.from((answer.body === "" ? "{}" : answer.body).padEnd(pieces))
  const size = Math.ceil(body.length / pieces)
  response.writeHead(answer.status, {
    ...answer.headers,
    "Content-Type": "application/json",
    "Content-Length": body.length
  })
  response.flushHeaders()
  const parts = Array.from({ length: pieces }, (_, index) => body.subarray(index * size, (index + 1) * size))
  const send = (part: Buffer) =>
    Effect.andThen(
      Effect.sleep(wait / pieces),
      Effect.sync(() => void response.write(part))
    )
  fork(
    Effect.andThen(
      Effect.forEach(parts, send, { discard: true }),
      Effect.sync(() => void response.end())
    )
  )
}

export const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy()

/** Bytes no HTTP client can read, and the end of the connection. */
export const replyNonsense = (response: ServerResponse): void =>
  void response.socket?.end("\u0001\u0002 this is no HTTP at all\r\n\r\n")
