/** A server with a limit to everything that a client may send, hold open or leave unread. */
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import process from "node:process"
import type { Duplex } from "node:stream"
import { codeOf } from "@millrace/core/Thrown"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { AdminError } from "../AdminError.ts"
import type { Answer } from "./answer.ts"
import * as Connections from "./connections.ts"

const { createServer } = process.getBuiltinModule("node:http")

/** Connections that are open at once. */
const mostConnections = 128

const limits = {
  maxHeaderSize: 16 * 1024,
  /** Milliseconds for a head, and for a whole request, to arrive. */
  headersTimeout: 5000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 500,
  keepAliveTimeout: 20_000,
  // Answered like any other name that is not ours.
  requireHostHeader: false
}

/** Milliseconds in which a client takes nothing of its answer. */
const longestPause = 10_000

export type Reply = (request: IncomingMessage, response: ServerResponse) => void

/** Sends an answer; a client that does not take it is left. */
export const send = (
  response: ServerResponse,
  { status, headers, body }: Answer,
  isHead: boolean,
  isLast: boolean
): void => {
  if (response.destroyed) return
  response.setTimeout(longestPause, () => response.destroy())
  response.writeHead(status, {
    ...headers,
    ...(status === 304 ? {} : { "content-length": Buffer.byteLength(body) }),
    ...(isLast ? { connection: "close" } : {})
  })
  response.end(isHead ? undefined : body)
}

/** What is no request at all, or came too slowly. */
const refuse = (error: Error, socket: Duplex): void => {
  const status = statuses.get(codeOf(error))
  if (status === undefined || !socket.writable) return void socket.destroy()
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}

const statuses: ReadonlyMap<string, string> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
  ["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"]
])

const problems: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "another program, or another exporter, listens there; stop it or give another port"],
  ["EACCES", "the exporter may not use this port; give one above 1023 or grant it the right"],
  ["EADDRNOTAVAIL", "this machine has no such address; give one of its own, or 0.0.0.0 for all of them"],
  ["ENOTFOUND", "there is no such host; give an address of this machine, or 0.0.0.0 for all of them"]
])

const begin = (server: Server, host: string, port: number): Effect.Effect<string, AdminError> =>
  Effect.callback((resume) => {
    server.once("error", (cause) => {
      const code = codeOf(cause)
      const why = problems.get(code) ?? "look at host and port"
      resume(
        Effect.fail(
          new AdminError({ message: `admin: cannot listen on ${host}, port ${port} (${code}): ${why}` })
        )
      )
    })
    server.listen({ host, port }, () => {
      const bound = server.address()
      const taken = typeof bound === "object" && bound !== null ? bound.port : port
      resume(Effect.succeed(`http://${host.includes(":") ? `[${host}]` : host}:${taken}`))
    })
  })

/** Hands requests to `reply` until the scope closes; yields the address. */
export const listen = (
  host: string,
  port: number,
  reply: Reply
): Effect.Effect<string, AdminError, Scope.Scope> => {
  const connections = Connections.make(mostConnections)
  const open = Effect.suspend(() => {
    const server = createServer(limits, (request, response) => {
      const { socket } = request
      connections.hold(socket)
      response.once("close", () => connections.letGo(socket))
      reply(request, response)
    })
    server.on("connection", connections.admit)
    server.on("clientError", refuse)
    // Nobody is told to go on before it is known who they are: what they send is refused by its head, or is small.
    server.on("checkContinue", (_, response: ServerResponse) => send(response, expectation, false, true))
    return Effect.map(begin(server, host, port), (url) => ({ server, url }))
  })
  return Effect.map(
    Effect.acquireRelease(open, ({ server }) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        connections.dismiss()
      })
    ),
    ({ url }) => url
  )
}

const expectation: Answer = { status: 417, headers: {}, body: "" }
