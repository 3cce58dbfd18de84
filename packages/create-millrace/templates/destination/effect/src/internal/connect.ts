/** One attempt: one request, and what its answer means for each event. */
import { Destination, Outcome } from "@millrace/core"
import { Delivery, excerpt, RetryAfter, Status, Transport } from "@millrace/http"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Verdict = Schema.Struct({ id: Schema.String, accepted: Schema.Boolean })
const decode = Schema.decodeUnknownEffect(Schema.Struct({ results: Schema.Array(Verdict) }))

const failed = (outcome: Outcome.DeliveryError["outcome"]) => new Outcome.DeliveryError({ outcome })

/** The connections are closed with the lane's scope. */
export const connect = (url: URL, token: Redacted.Redacted) =>
  Effect.fnUntraced(function* (_lane: string) {
    const channel = yield* Transport.open(url.origin)
    const send = Effect.fnUntraced(function* (request: Pick<Transport.Request, "body" | "method">) {
      const secret = Redacted.value(token)
      const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" }
      const sent = yield* Effect.mapError(
        channel.send({ ...request, path: url.pathname + url.search, headers }),
        Delivery.noAnswer
      )
      // A careless remote may repeat what it was sent.
      const answer = { ...sent, body: sent.body.replaceAll(secret, "***") }
      const retryAfter = RetryAfter.parse(answer.headers["retry-after"], yield* Clock.currentTimeMillis)
      const outcome = Status.outcome(answer.status, { retryAfter, detail: excerpt(answer.body) })
      return outcome._tag === "Delivered" ? answer : yield* failed(outcome)
    })
    return yield* Destination.connected({
      deliver: Effect.fnUntraced(function* (batch) {
        const answer = yield* send({ method: "POST", body: batch.body })
        const json = yield* Effect.fromResult(Result.mapError(Transport.json(answer), Delivery.unreadable))
        const { results } = yield* Effect.mapError(decode(json), () =>
          failed(Outcome.retry("unexpected", { detail: "the answer holds no results" }))
        )
        const verdict = (accepted: boolean) => (accepted ? Outcome.delivered : Outcome.rejected("refused"))
        const verdicts = new Map(results.map(({ accepted, id }) => [id, verdict(accepted)]))
        return Outcome.Outcomes.byId(batch, verdicts)
      }),
      check: Effect.asVoid(send({ method: "GET" }))
    })
  })
