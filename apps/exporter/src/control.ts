/**
 * The local socket of a running exporter, in its state directory: other commands ask it what it is doing.
 */
import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Ledger } from "@millrace/core/Ledger"
import type { LaneStatus, Running } from "@millrace/core/Running"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** What a running exporter tells. */
export interface Status {
  readonly ledger: Ledger
  readonly lanes: ReadonlyArray<LaneStatus>
}

export class ControlError extends Data.TaggedError("ControlError")<{ readonly message: string }> {}

/** Systems take about 100 bytes of socket path; a deeper state directory gets a socket in the temporary folder. */
const longestPath = 100

const socketOf = (directory: string): string => {
  const inside = join(directory, "control.sock")
  if (Buffer.byteLength(inside) <= longestPath) return inside
  const digest = createHash("sha256").update(directory).digest("hex").slice(0, 16)
  return join(tmpdir(), `millrace-${digest}.sock`)
}

/** Answers `GET /status` until the scope closes. The state directory's lock makes this the only one. */
export const serve = (directory: string, running: Running) =>
  Effect.gen(function* () {
    const path = socketOf(directory)
    const context = yield* Effect.context<never>()
    const status = Effect.map(
      Effect.all([running.ledger, running.lanes]),
      ([ledger, lanes]): Status => ({ ledger, lanes })
    )
    const answer = (incoming: IncomingMessage, response: ServerResponse) => {
      if (incoming.method !== "GET" || incoming.url !== "/status") return response.writeHead(404).end()
      return Effect.runForkWith(context)(
        Effect.match(status, {
          onSuccess: (value) =>
            response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value)),
          onFailure: (error) => response.writeHead(503).end(error.message)
        })
      )
    }
    yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>, ControlError>((resume) => {
        // Left by an exporter that was killed; its lock is gone, so nobody listens there.
        rmSync(path, { force: true })
        const server = createServer(answer)
        server.once("error", (error) =>
          resume(
            Effect.fail(
              new ControlError({
                message: `the control socket ${path} could not be opened: ${error.message}`
              })
            )
          )
        )
        server.listen(path, () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
  })

/** Asks the exporter that owns the state directory. */
export const ask = (directory: string): Effect.Effect<Status, ControlError> =>
  Effect.callback((resume) => {
    const fail = (detail: string) =>
      resume(Effect.fail(new ControlError({ message: `the running exporter did not answer: ${detail}` })))
    const outgoing = request(
      { socketPath: socketOf(directory), path: "/status", timeout: 10_000 },
      (response) => {
        const parts: Array<Buffer> = []
        response.on("data", (part: Buffer) => parts.push(part))
        response.on("end", () => {
          const text = Buffer.concat(parts).toString("utf8")
          if (response.statusCode === 200) resume(Effect.succeed(JSON.parse(text)))
          else fail(text)
        })
      }
    )
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer within 10 seconds")))
    outgoing.on("error", (error) => fail(error.message))
    outgoing.end()
    return Effect.sync(() => outgoing.destroy())
  })
