/** Servers of every manner on loopback, closed with the scope. */
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from "node:http"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { assert } from "@effect/vitest"
import { Transport } from "@millrace/http"
import * as Effect from "effect/Effect"

export const listen = (server: Server | HttpServer) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        if ("closeAllConnections" in server) server.closeAllConnections()
      })
  )

/** A server of raw sockets, which are destroyed with it. */
export const sockets = Effect.fnUntraced(function* (onSocket: (socket: Socket) => unknown) {
  const open: Array<Socket> = []
  const server = createServer((socket) => {
    open.push(socket)
    socket.on("error", () => {})
    onSocket(socket)
  })
  const port = yield* listen(server)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const socket of open) socket.destroy()
    })
  )
  return { origin: `http://127.0.0.1:${port}`, open }
})

export const http = (listener: RequestListener) =>
  Effect.map(listen(createHttpServer(listener)), (port) => `http://127.0.0.1:${port}`)

export const post: Transport.Request = {
  method: "POST",
  path: "/v1?a=b",
  headers: { authorization: "Basic c2VjcmV0OnNlY3JldA==" },
  body: new TextEncoder().encode("secret-body")
}

export const until = (condition: () => boolean) =>
  Effect.sleep("5 millis").pipe(
    Effect.repeat({ until: () => condition(), times: 10_000 }),
    Effect.andThen(Effect.sync(() => assert.isTrue(condition())))
  )

export const failure = (origin: string, options?: Transport.Options) =>
  Effect.flatMap(Transport.open(origin, options), (channel) => Effect.flip(channel.send(post)))

export const withEnvironment = (values: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.keys(values).map((name) => [name, process.env[name]] as const)
      Object.assign(process.env, values)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        }
      })
  )
