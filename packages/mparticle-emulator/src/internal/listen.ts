import type { Server } from "node:http"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { EmulatorError } from "../EmulatorError.ts"

/** Longer than clients keep an idle connection, so that it is they who close it and no request meets a close. */
const keepAliveTimeout = 75_000

const explain = (error: NodeJS.ErrnoException, host: string, port: number): string =>
  error.code === "EADDRINUSE"
    ? `port ${port} on ${host} is in use: choose another, or 0 for one that is free`
    : `cannot listen on ${host}, port ${port}: ${error.code ?? error.message}`

const open = (server: Server, host: string, port: number): Effect.Effect<string, EmulatorError> =>
  Effect.callback((resume) => {
    server.keepAliveTimeout = keepAliveTimeout
    server.once("error", (error) =>
      resume(Effect.fail(new EmulatorError({ reason: "address", message: explain(error, host, port) })))
    )
    server.listen(port, host, () => {
      const address = server.address()
      const taken = typeof address === "object" && address !== null ? address.port : port
      resume(Effect.succeed(`http://${host.includes(":") ? `[${host}]` : host}:${taken}`))
    })
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** The URL at which the server listens until the scope closes. */
export const listen = (
  server: Server,
  host: string,
  port: number
): Effect.Effect<string, EmulatorError, Scope> =>
  Effect.acquireRelease(open(server, host, port), () => close(server))
