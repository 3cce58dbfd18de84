/**
 * The local socket of a running exporter, in its state directory: other commands reach it there.
 */
import { chmodSync, closeSync, existsSync, openSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import { join } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Operations } from "./operations.ts"

export class ControlError extends Data.TaggedError("ControlError")<{ readonly message: string }> {}

/** Systems take about 100 bytes of socket path. */
const longestPath = 100

/** Milliseconds that a running exporter may be silent while it does what it was asked. */
const longestSilence = 60_000

/** The same while it erases a user: a large outbox is written anew for that. */
const longestErasure = 30 * 60_000

/** The longest question: a filter with many ids. */
const longestBody = 1024 * 1024

const socketName = "control.sock"

interface Place {
  readonly path: string
  /** To be called when the path is no longer needed. */
  readonly leave: () => void
}

/**
 * Where the socket is reached: always in the state directory, which is its owner's alone. A folder that all may write to
 * would let others block it, or command the exporter. The directory of a long path is reached through a descriptor.
 */
const placeOf = (directory: string): Place => {
  const path = join(directory, socketName)
  if (Buffer.byteLength(path) <= longestPath) return { path, leave: () => {} }
  if (!existsSync(descriptors)) {
    throw new ControlError({
      message: `the path of the state directory ${directory} is too long for a socket on this system: give the outbox one of at most ${longestPath - socketName.length - 1} bytes`
    })
  }
  const folder = openSync(directory, "r")
  return { path: `${descriptors}/${folder}/${socketName}`, leave: () => closeSync(folder) }
}

/** Linux has the open files of a process here, each a link to where it is. */
const descriptors = "/proc/self/fd"

const readBody = (incoming: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    const parts: Array<Buffer> = []
    let length = 0
    incoming.on("data", (part: Buffer) => {
      length += part.length
      if (length > longestBody) incoming.destroy(new Error("the question is too long"))
      else parts.push(part)
    })
    incoming.on("end", () => resolve(Buffer.concat(parts).toString("utf8")))
    incoming.on("error", reject)
  })

/** Each operation as `POST /<name>`, its arguments as a JSON array. */
const perform = (
  operations: Operations,
  incoming: IncomingMessage
): Effect.Effect<unknown, { message: string }> =>
  Effect.flatMap(
    Effect.tryPromise({
      try: () => readBody(incoming),
      catch: () => new ControlError({ message: "no question" })
    }),
    (body) => {
      const name = incoming.url?.slice(1) ?? ""
      const operation = Object.entries(operations).find(([key]) => key === name)?.[1]
      if (incoming.method !== "POST" || operation === undefined) {
        return Effect.fail(new ControlError({ message: `there is no operation ${name}` }))
      }
      // Both ends are the same program in the same state directory: the arguments are those that `client` gave.
      return Reflect.apply(operation, undefined, JSON.parse(body))
    }
  )

/** Answers until the scope closes. The state directory's lock makes this the only one. */
export const serve = (directory: string, operations: Operations) =>
  Effect.gen(function* () {
    const { path } = yield* place(directory)
    const context = yield* Effect.context<never>()
    const answer = (incoming: IncomingMessage, response: ServerResponse) =>
      Effect.runForkWith(context)(
        Effect.match(perform(operations, incoming), {
          onSuccess: (value) =>
            response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value)),
          onFailure: ({ message }) => response.writeHead(500).end(message)
        })
      )
    yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>, ControlError>((resume) => {
        // Left by an exporter that was killed; its lock is gone, so nobody listens there.
        rmSync(path, { force: true })
        const server = createServer(answer)
        server.once("error", (cause) => resume(Effect.fail(notOpened(directory, cause))))
        server.listen(path, () => {
          // The directory keeps others out; should it be opened up, the socket still does.
          chmodSync(path, 0o600)
          resume(Effect.succeed(server))
        })
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
  })

const notOpened = (directory: string, cause: unknown): ControlError =>
  cause instanceof ControlError
    ? cause
    : new ControlError({
        message: `the control socket in ${directory} could not be opened (${cause instanceof Error ? cause.message : "unknown error"})`
      })

const place = (directory: string) =>
  Effect.acquireRelease(
    Effect.try({ try: () => placeOf(directory), catch: (cause) => notOpened(directory, cause) }),
    ({ leave }) => Effect.sync(leave)
  )

/** The operations of the exporter that owns the state directory. */
export const client = (directory: string): Operations => {
  const ask = <A>(name: keyof Operations, ...given: ReadonlyArray<unknown>): Effect.Effect<A, ControlError> =>
    Effect.scoped(Effect.flatMap(place(directory), ({ path }) => askAt(path, name, given)))
  const askAt = <A>(
    socketPath: string,
    name: keyof Operations,
    given: ReadonlyArray<unknown>
  ): Effect.Effect<A, ControlError> =>
    Effect.callback((resume) => {
      const fail = (detail: string) => resume(Effect.fail(new ControlError({ message: detail })))
      const outgoing = request(
        {
          socketPath,
          path: `/${name}`,
          method: "POST",
          timeout: name === "erase" || name === "purge" ? longestErasure : longestSilence
        },
        (response) => {
          const parts: Array<Buffer> = []
          response.on("data", (part: Buffer) => parts.push(part))
          response.on("end", () => {
            const text = Buffer.concat(parts).toString("utf8")
            if (response.statusCode === 200) resume(Effect.succeed(JSON.parse(text)))
            else fail(`the running exporter could not do it: ${text}`)
          })
        }
      )
      outgoing.on("timeout", () => outgoing.destroy(new Error("not a word for too long")))
      // It may just be starting, or ending.
      outgoing.on("error", ({ message }) =>
        fail(`the running exporter did not answer (${message}); try again`)
      )
      outgoing.end(JSON.stringify(given))
      return Effect.sync(() => outgoing.destroy())
    })
  return {
    status: () => ask("status"),
    pause: (lane, paused) => ask("pause", lane, paused),
    listDeadLetters: (filter, most) => ask("listDeadLetters", filter, most),
    deadLetters: (filter, after) => ask("deadLetters", filter, after),
    replay: (filter) => ask("replay", filter),
    purge: (filter) => ask("purge", filter),
    erase: (user) => ask("erase", user),
    replayPast: (past) => ask("replayPast", past)
  }
}
