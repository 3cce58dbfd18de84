import type { IncomingMessage, ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Entry } from "../Capture.ts"
import type { Action } from "../FailurePlan.ts"
import { type Sender, withoutSecret } from "./accounts.ts"
import type { CaptureStore } from "./captureStore.ts"
import type { Failures } from "./failures.ts"
import { bodyLimit, type Endpoint, endpoints, judge, type Rules, refuse, type Verdict } from "./judge.ts"
import { readBody } from "./readBody.ts"
import { type Fork, reply, replyNonsense, replySlowly, reset } from "./reply.ts"
import type { Tally } from "./tally.ts"

export interface EventsApi {
  readonly now: () => number
  readonly senderOf: (authorization: string | undefined) => Sender
  readonly failures: Failures
  readonly rules: Rules
  readonly capture: CaptureStore
  readonly tally: Tally
  readonly fork: Fork
}

interface Outcome {
  readonly status: number | null
  readonly body: Buffer | undefined
  readonly failure: Action | undefined
  readonly verdict?: Verdict
}

const endpointOf = (path: string): Endpoint | undefined =>
  Object.entries(endpoints).find(([known]) => known === path)?.[1]

const undocumented = (method: string, endpoint: Endpoint | undefined): Verdict | undefined => {
  if (endpoint === undefined) return refuse(404, "there is no such path")
  return method === "POST" ? undefined : refuse(405, "only POST is allowed")
}

/** What the Events API does with one request. What it decides is recorded before it is answered. */
export const eventsApi =
  ({ capture, failures, fork, now, rules, senderOf, tally }: EventsApi) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const { authorization } = request.headers
    const method = request.method ?? ""
    const path = (request.url ?? "").split("?", 1)[0] ?? ""
    const endpoint = endpointOf(path)
    const sender = senderOf(authorization)
    const later = (milliseconds: number, act: () => void): void =>
      fork(Effect.andThen(Effect.sleep(milliseconds), Effect.sync(act)))

    /** False when it could not be recorded, and so must not be answered as if it were. */
    const record = ({ body, failure, status, verdict }: Outcome): boolean => {
      const entry: Entry = {
        at: now(),
        method,
        path,
        headers:
          authorization === undefined
            ? request.headers
            : { ...request.headers, authorization: withoutSecret(authorization) },
        body: body?.toString("utf8") ?? "",
        status,
        feed: sender.feed,
        ...(failure === undefined ? {} : { failure: failure.kind }),
        ...(verdict?.reason === undefined ? {} : { reason: verdict.reason }),
        ...(verdict === undefined || verdict.dropped.length === 0 ? {} : { dropped: verdict.dropped }),
        ...(verdict === undefined || verdict.cut.length === 0 ? {} : { cut: verdict.cut })
      }
      const written = Result.try(() => capture.append(entry))
      if (Result.isFailure(written)) {
        reply(response, refuse(500, "the request could not be captured"))
        return false
      }
      tally.apply({
        ...sender,
        status,
        failure: failure?.kind,
        batches: verdict?.batches ?? [],
        dropped: verdict?.dropped.length ?? 0
      })
      return true
    }

    // What a browser asks for beside the page must not use up a failure.
    const failure = endpoint === undefined ? undefined : failures.next({ feed: sender.feed, at: now() })
    if (failure?.kind === "reset-before") {
      if (record({ status: null, body: undefined, failure })) reset(response)
      return
    }

    readBody(request, bodyLimit, (body) => {
      switch (failure?.kind) {
        case "status":
          if (record({ status: failure.status, body, failure })) reply(response, failure)
          return
        case "hang":
          if (record({ status: null, body, failure })) later(failure.wait, () => reset(response))
          return
        case "nonsense":
          if (record({ status: null, body, failure })) replyNonsense(response)
          return
      }
      const verdict =
        undocumented(method, endpoint) ??
        judge({ endpoint: endpoint ?? "single", sender, body, at: now() }, rules)
      if (!record({ status: verdict.status, body, failure, verdict })) return
      switch (failure?.kind) {
        case "reset-after":
          return reset(response)
        case "slow-answer":
          return later(failure.wait, () => reply(response, verdict))
        case "slow-body":
          return replySlowly(fork, response, verdict, failure.wait)
        default:
          return reply(response, verdict)
      }
    })
  }
