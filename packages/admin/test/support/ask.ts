/** Requests as they are written, whatever a client library would make of them. */
import { type IncomingHttpHeaders, request } from "node:http"
import { createConnection } from "node:net"
import * as Effect from "effect/Effect"

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The path is sent as it is. */
export const ask = (url: string, path: string, { body, headers = {}, method = "GET" }: Asked = {}) =>
  Effect.callback<Answered>((resume) => {
    const { hostname, port } = new URL(url)
    const outgoing = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts: Array<Buffer> = []
      response.on("data", (part: Buffer) => parts.push(part))
      response.on("end", () =>
        resume(
          Effect.succeed({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts).toString()
          })
        )
      )
    })
    outgoing.on("error", (cause) => resume(Effect.die(cause)))
    outgoing.end(body)
    return Effect.sync(() => outgoing.destroy())
  })

const json = { "content-type": "application/json" }

export const post = (
  url: string,
  path: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {}
) => ask(url, path, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(value) })

/** A connection that says what it is told to; resolves with all that came when the other end has closed it. */
export const raw = (url: string, text: string) =>
  Effect.callback<string>((resume) => {
    const { hostname, port } = new URL(url)
    const socket = createConnection(Number(port), hostname)
    let answer = ""
    socket.on("data", (part) => {
      answer += part
    })
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(answer)))
    socket.write(text)
    return Effect.sync(() => socket.destroy())
  })
