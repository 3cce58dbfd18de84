/** One request, from its head to its answer. */
import type { IncomingMessage } from "node:http"
import * as Page from "@millrace/page/Page"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Administered, Settings } from "../Settings.ts"
import { type Answer, refuse, text } from "./answer.ts"
import { endpointsOf, letterOf } from "./api.ts"
import * as Asked from "./asked.ts"
import { ofHost, ofSite, ofToken } from "./door.ts"
import { readBody } from "./readBody.ts"

/** Answers that are being made at once. */
const mostAtOnce = 16

const letterPath = /^\/api\/dead-letters\/(\d{1,15})$/

const isReading = (method: string | undefined): boolean => method === "GET" || method === "HEAD"

const notAllowed = (allow: string): Answer => refuse(405, "this path is not asked so", { allow })

const failed = (error: Answer | { readonly message: string }): Answer =>
  "status" in error ? error : refuse(500, error.message)

export const router = (
  settings: Settings,
  exporter: Administered,
  version: string,
  page: Effect.Effect<Page.Page>
): ((request: IncomingMessage) => Effect.Effect<Answer>) => {
  const readOnly = settings.readOnly ?? false
  const endpoints = endpointsOf(exporter, { version, readOnly })
  const names = [settings.host, ...(settings.names ?? [])]
  let underWay = 0

  const health = Effect.fnUntraced(function* (path: string) {
    if (path === "/healthz") return text(200, "ok\n")
    const why = yield* exporter.notReady
    if (why !== undefined) return text(503, `${why}\n`)
    return yield* Effect.match(exporter.operations.status(), {
      onFailure: () => text(503, "the outbox gives no answer\n"),
      onSuccess: () => text(200, "ready\n")
    })
  })

  const admitted = Effect.fnUntraced(function* ({
    headers
  }: IncomingMessage): Effect.fn.Return<Answer | undefined> {
    const foreign = ofSite(headers)
    if (foreign !== undefined || settings.token === undefined) return foreign
    return yield* Effect.match(settings.token, {
      onFailure: () => refuse(503, "the token cannot be read now; the exporter's log tells more"),
      onSuccess: (token) => ofToken(headers, Redacted.value(token))
    })
  })

  const work = Effect.fnUntraced(
    function* (request: IncomingMessage, path: string, query: string) {
      const { method, headers } = request
      const [, id] = letterPath.exec(path) ?? []
      if (id !== undefined) {
        return isReading(method) ? yield* letterOf(exporter, Number(id)) : notAllowed("GET, HEAD")
      }
      const endpoint = endpoints.get(path)
      if (endpoint === undefined) return refuse(404, "there is nothing at this path")
      if (endpoint.method === "GET") {
        if (!isReading(method)) return notAllowed("GET, HEAD")
        return yield* endpoint.answer(Object.fromEntries(new URLSearchParams(query)))
      }
      if (method !== "POST") return notAllowed("POST")
      if (endpoint.writes === true && readOnly)
        return refuse(403, "this endpoint only reads (admin.readOnly): use the command line")
      // No form of another site can send this without being asked for leave.
      if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? ""))
        return refuse(415, "the body is to be application/json")
      const given = Asked.parsed(yield* readBody(request))
      return Result.isFailure(given) ? refuse(400, given.failure) : yield* endpoint.answer(given.success)
    },
    Effect.catch((error) => Effect.succeed(failed(error)))
  )

  return Effect.fnUntraced(function* (request) {
    const { method, url = "" } = request
    const mark = url.indexOf("?")
    // As it came: nothing is resolved, decoded or tidied, so that no path means another.
    const path = mark === -1 ? url : url.slice(0, mark)
    const query = mark === -1 ? "" : url.slice(mark + 1)
    if (path === "/healthz" || path === "/readyz")
      return isReading(method) ? yield* health(path) : notAllowed("GET, HEAD")
    const misnamed = ofHost(request.headers, names)
    if (misnamed !== undefined) return misnamed
    if (isReading(method)) {
      const file = Page.answer(yield* page, path, request.headers)
      if (file !== undefined) return file
    }
    const refused = yield* admitted(request)
    if (refused !== undefined) return refused
    if (underWay >= mostAtOnce)
      return refuse(503, "too many questions are being answered; ask again", { "retry-after": "1" })
    underWay++
    return yield* Effect.ensuring(
      work(request, path, query),
      Effect.sync(() => {
        underWay--
      })
    )
  })
}
