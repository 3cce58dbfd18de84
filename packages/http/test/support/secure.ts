/** A server behind TLS, and an authority that this process trusts while the scope lasts. */
import { readFileSync } from "node:fs"
import {
  createServer,
  getCACertificates,
  setDefaultCACertificates,
  type TLSSocket,
  type TlsOptions
} from "node:tls"
import * as Effect from "effect/Effect"
import { listen } from "./servers.ts"

export const pem = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}.pem`, import.meta.url), "utf8")

const trusted = Effect.acquireRelease(
  Effect.sync(() => {
    const before = getCACertificates("default")
    setDefaultCACertificates([...before, pem("authority.certificate")])
    return before
  }),
  (before) => Effect.sync(() => setDefaultCACertificates(before))
)

/** A server of raw sockets behind TLS, by its port; the sockets are destroyed with it. */
export const secure = Effect.fnUntraced(function* (
  options: TlsOptions,
  onSocket: (socket: TLSSocket) => void
) {
  yield* trusted
  const open = new Set<TLSSocket>()
  const server = createServer(
    { cert: pem("server.certificate"), key: pem("server.key"), ...options },
    (socket) => {
      open.add(socket)
      socket.on("error", () => {})
      onSocket(socket)
    }
  )
  server.on("tlsClientError", () => {})
  const port = yield* listen(server)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const socket of open) socket.destroy()
    })
  )
  return port
})
