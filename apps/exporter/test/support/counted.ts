/** A way to a local server that counts the requests on it, for the scope. */
import { createServer, request } from "node:http"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

export interface Counted {
  /** In place of the server's own address. */
  readonly url: string
  readonly count: () => number
}

/** Requests whose path and query `counts` says yes to. */
export const before = (
  server: string,
  counts: (path: string) => boolean
): Effect.Effect<Counted, never, Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly listening: ReturnType<typeof createServer>; readonly count: () => number }>(
        (resume) => {
          let count = 0
          const listening = createServer((asked, answer) => {
            const { headers, method = "GET", url = "/" } = asked
            if (counts(url)) count++
            const passed = request(new URL(url, server), { method, headers }, (found) => {
              answer.writeHead(found.statusCode ?? 502, found.headers)
              found.pipe(answer)
            })
            passed.on("error", () => answer.destroy())
            answer.on("close", () => passed.destroy())
            asked.pipe(passed)
          })
          listening.listen(0, "127.0.0.1", () => resume(Effect.succeed({ listening, count: () => count })))
        }
      ),
      ({ listening }) =>
        Effect.sync(() => {
          listening.close()
          listening.closeAllConnections()
        })
    ),
    ({ count, listening }) => {
      const address = listening.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { url: `http://127.0.0.1:${port}`, count }
    }
  )
