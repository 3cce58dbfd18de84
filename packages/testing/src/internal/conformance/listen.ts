/** An HTTP server that hands on requests when they are wholly read. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Request } from "./exchange.ts"

/** Longer than clients keep an idle connection, so that it is they who close it and no request meets a close. */
const keepAliveTimeout = 75_000

interface Listening {
  readonly origin: string
  readonly connections: () => number
}

export const listen = Effect.fnUntraced(function* (
  take: (request: Request, response: ServerResponse) => void
): Effect.fn.Return<Listening, never, Scope.Scope> {
  let connections = 0
  const server = createServer((incoming, response) => {
    const parts: Array<Buffer> = []
    // A request that breaks off is no request: there is nobody left to answer.
    incoming.on("error", () => undefined)
    incoming.on("data", (part: Buffer) => parts.push(part))
    incoming.on("end", () => take(requestOf(incoming, Buffer.concat(parts)), response))
  })
  server.keepAliveTimeout = keepAliveTimeout
  server.on("connection", (socket) => {
    connections++
    socket.once("close", () => connections--)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  // A server that listens on a host has an address of this kind.
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, connections: () => connections }
})

const requestOf = ({ headers, method = "", url = "" }: IncomingMessage, packed: Buffer): Request => ({
  method,
  path: url,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  body: unpack(packed, headers["content-encoding"]).toString("utf8")
})

const unpackers: { readonly [encoding: string]: (packed: Buffer) => Buffer } = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync
}

/** Bytes that are not what their header says are kept as they are. */
const unpack = (packed: Buffer, encoding: string | undefined): Buffer => {
  const unpacker = unpackers[encoding?.trim().toLowerCase() ?? ""]
  try {
    return unpacker === undefined ? packed : unpacker(packed)
  } catch {
    return packed
  }
}
