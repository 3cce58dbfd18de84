/** A server that hands on requests, with a limit to everything that comes before them. */
import type * as Http from "node:http"
import * as Https from "node:https"
import type { Socket } from "node:net"
import process from "node:process"
import type { Duplex } from "node:stream"
import { SourceError } from "@millrace/core/Source"
import { codeOf } from "@millrace/core/Thrown"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Settings } from "../Settings.ts"
import type { Connections } from "./connections.ts"

const { createServer } = process.getBuiltinModule("node:http")

/** PEM. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

export interface Address {
  readonly host: string
  readonly port: number
  /** What Braze posts to, when it can reach the receiver under this name. */
  readonly url: string
}

export interface Listening {
  readonly address: Address
  /** New connections are shown another certificate; fails with what is wrong with it. */
  readonly renew: (tls: Tls) => Effect.Effect<void, string>
  /** No new connections. */
  readonly stop: Effect.Effect<void>
  /** Breaks off what is left; completes when the port is free. */
  readonly close: Effect.Effect<void>
}

export interface Options {
  readonly settings: Settings
  readonly tls: Tls | undefined
  readonly connections: Connections
  /** `proceed` has a client send its body that waits to be told so. */
  readonly take: (request: Http.IncomingMessage, response: Http.ServerResponse, proceed?: () => void) => void
  /** The server breaks down after it began to listen. */
  readonly onFailure: (error: SourceError) => void
}

const headerBytes = 16 * 1024
const headersTimeout = 10_000
const handshakeTimeout = 10_000
/** Longer than the usual idle time of clients and proxies, so that it is they who close and no request meets a close. */
const keepAliveTimeout = 75_000
const oldestTls = "TLSv1.2"

export const listen = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Listening, SourceError> {
  const { connections, settings, take, tls } = options
  const server = yield* created(settings, tls)
  server.on("connection", connections.admit)
  const busy = new WeakSet<Socket>()
  const alone = (
    request: Http.IncomingMessage,
    response: Http.ServerResponse,
    proceed?: () => void
  ): void => {
    const { socket } = request
    // Braze sends its next request when it has the answer: who does not could pile up any number of them.
    if (busy.has(socket)) return void socket.destroy()
    busy.add(socket)
    response.once("close", () => busy.delete(socket))
    take(request, response, proceed)
  }
  server.on("request", alone)
  server.on("checkContinue", (request, response) => alone(request, response, () => response.writeContinue()))
  server.on("clientError", refuse)
  yield* begin(server, settings)
  server.on("error", (cause) => options.onFailure(problem(settings, cause)))
  return {
    address: addressOf(server, settings, tls !== undefined),
    renew: (next) =>
      Effect.try({
        try: () => {
          if (server instanceof Https.Server) server.setSecureContext({ ...next, minVersion: oldestTls })
        },
        catch: unusable
      }),
    stop: Effect.sync(() => {
      server.close()
      server.closeIdleConnections()
    }),
    close: Effect.callback((resume) => {
      server.close(() => resume(Effect.void))
      connections.dismiss()
    })
  }
})

const create = (settings: Settings, tls: Tls | undefined): Http.Server | Https.Server => {
  const requestTimeout = Duration.toMillis(settings.receiveTimeout)
  const limits = {
    requestTimeout,
    headersTimeout: Math.min(headersTimeout, requestTimeout),
    connectionsCheckingInterval: Math.min(1000, requestTimeout),
    keepAliveTimeout,
    maxHeaderSize: headerBytes,
    // It would be missed with a 400, on which Braze drops events.
    requireHostHeader: false
  }
  return tls === undefined
    ? createServer(limits)
    : Https.createServer({ ...limits, ...tls, handshakeTimeout, minVersion: oldestTls })
}

const begin = (
  server: Http.Server | Https.Server,
  settings: Settings,
  tolerated: ReadonlyArray<string> = []
): Effect.Effect<void, SourceError> =>
  Effect.callback((resume) => {
    const onError = (cause: Error) =>
      resume(tolerated.includes(codeOf(cause)) ? Effect.void : Effect.fail(problem(settings, cause)))
    server.once("error", onError)
    server.listen({ host: settings.host, port: settings.port }, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

const addressOf = (
  server: Http.Server | Https.Server,
  { host, port, urlPath }: Settings,
  isSecure: boolean
): Address => {
  const bound = server.address()
  const taken = typeof bound === "object" && bound !== null ? bound.port : port
  const name = host.includes(":") ? `[${host}]` : host
  return { host, port: taken, url: `${isSecure ? "https" : "http"}://${name}:${taken}${urlPath}` }
}

/** What is no request at all. Never a 400: see `requireHostHeader`. */
const refuse = (error: Error, socket: Duplex): void => {
  const status = statuses.get(codeOf(error))
  if (status === undefined || !socket.writable) return void socket.destroy()
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}

const statuses: ReadonlyMap<string, string> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
  ["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"]
])

/** The server, which does not listen yet. Fails when it cannot speak TLS with these. */
const created = (
  settings: Settings,
  tls: Tls | undefined
): Effect.Effect<Http.Server | Https.Server, SourceError> =>
  Effect.try({
    try: () => create(settings, tls),
    catch: (cause) => new SourceError({ kind: "fatal", detail: `credentials.tls: ${unusable(cause)}` })
  })

/** By its code alone: nothing of a key may stand in an error. */
const unusable = (cause: unknown): string =>
  `certificate and key cannot be used (${codeOf(cause)}); give both as PEM, the key that of the certificate and without a passphrase`

/**
 * Fails as a run would that begins now. A port that is taken is no fault: the exporter that is to be checked may be running.
 */
export const check = (settings: Settings, tls: Tls | undefined): Effect.Effect<void, SourceError> =>
  Effect.flatMap(created(settings, tls), (server) =>
    Effect.ensuring(
      begin(server, settings, ["EADDRINUSE"]),
      Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
    )
  )

const problem = ({ host, port }: Settings, cause: Error): SourceError => {
  const code = codeOf(cause)
  const why = problems.get(code) ?? "look at host and port"
  // A port that is taken may become free, as when one exporter takes over from another; the rest takes a person.
  const kind = code === "EADDRINUSE" ? "retry" : "fatal"
  return new SourceError({ kind, detail: `cannot listen on ${host}, port ${port} (${code}): ${why}` })
}

const problems: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "another program, or another exporter, listens there; stop it or give another port"],
  ["EACCES", "the exporter may not use this port; give one above 1023 or grant it the right"],
  ["EADDRNOTAVAIL", "this machine has no such address; give one of its own, or 0.0.0.0 for all of them"],
  ["ENOTFOUND", "there is no such host; give an address of this machine, or 0.0.0.0 for all of them"]
])
