import type { IncomingMessage, ServerResponse } from "node:http"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as FailurePlan from "../FailurePlan.ts"
import * as Feeds from "../Feeds.ts"
import type { State } from "../State.ts"
import { errorBody } from "./errorBody.ts"
import { explainIssue } from "./explainIssue.ts"
import { parseJson } from "./parseJson.ts"
import { readBody } from "./readBody.ts"
import { type Reply, reply } from "./reply.ts"

export interface AdminApi {
  readonly state: () => State
  readonly clear: () => void
  readonly fail: (plan: FailurePlan.FailurePlan) => void
  readonly setFeeds: (feeds: Feeds.Feeds) => void
}

const bodyLimit = 1024 * 1024

const decodePlan = Schema.decodeUnknownResult(FailurePlan.FailurePlan, {
  errors: "all",
  onExcessProperty: "error"
})

const planFromJson = (text: string): Result.Result<FailurePlan.FailurePlan, string> =>
  Option.match(parseJson(text), {
    onNone: () => Result.fail("is not valid JSON"),
    onSome: (value) => Result.mapError(decodePlan(value), explainIssue)
  })

const json = (value: unknown): Reply => ({
  status: 200,
  headers: {},
  body: `${JSON.stringify(value, null, 2)}\n`
})

const refuse = (status: number, message: string): Reply => ({
  status,
  headers: {},
  body: errorBody(status, message)
})

/** What is under `/_emulator`: looking at the emulator and changing it while it runs. Not captured. */
export const adminApi = ({ clear, fail, setFeeds, state }: AdminApi) => {
  const change = <A>(decoded: Result.Result<A, string>, use: (value: A) => void): Reply => {
    if (Result.isFailure(decoded)) return refuse(400, `the body is refused: ${decoded.failure}`)
    use(decoded.success)
    return json(state())
  }

  const answer = (target: string, body: string): Reply => {
    switch (target) {
      case "GET /_emulator/state":
        return json(state())
      case "DELETE /_emulator/state":
        clear()
        return json(state())
      case "POST /_emulator/failures":
        return change(planFromJson(body), fail)
      case "POST /_emulator/feeds":
        return change(Feeds.fromJson(body), setFeeds)
      default:
        return refuse(404, "there is no such path or method under /_emulator")
    }
  }

  return (request: IncomingMessage, response: ServerResponse): void =>
    readBody(request, bodyLimit, (body) =>
      reply(response, answer(`${request.method} ${request.url}`, body?.toString("utf8") ?? ""))
    )
}
