/** One attempt: one request, and what its answer means for each event. */
import { Destination, Outcome } from "@millrace/core"
import { Delivery, excerpt, RetryAfter, Status, Transport } from "@millrace/http"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Verdict = Schema.Struct({ id: Schema.String, accepted: Schema.Boolean })
const decode = Schema.decodeUnknownSync(Schema.Struct({ results: Schema.Array(Verdict) }))

export const connect = (url: URL, token: Redacted.Redacted) =>
  Destination.connectAsync((_lane, limits) => {
    const channel = Transport.promise(url.origin, limits)
    const send = async (request: Pick<Transport.Request, "body" | "method">, signal: AbortSignal) => {
      const secret = Redacted.value(token)
      const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" }
      const sent = await channel.send({ ...request, path: url.pathname + url.search, headers }, signal)
      // A careless remote may repeat what it was sent.
      const answer = { ...sent, body: sent.body.replaceAll(secret, "***") }
      const retryAfter = RetryAfter.parse(answer.headers["retry-after"], Date.now())
      const outcome = Status.outcome(answer.status, { retryAfter, detail: excerpt(answer.body) })
      if (outcome._tag !== "Delivered") throw new Outcome.DeliveryError({ outcome })
      return answer
    }
    return {
      deliver: async (batch, signal) => {
        const answer = await send({ method: "POST", body: batch.body }, signal)
        const { results } = decode(Result.getOrThrowWith(Transport.json(answer), Delivery.unreadable))
        const verdict = (accepted: boolean) => (accepted ? Outcome.delivered : Outcome.rejected("refused"))
        const verdicts = new Map(results.map(({ accepted, id }) => [id, verdict(accepted)]))
        return Outcome.Outcomes.byId(batch, verdicts)
      },
      check: async (signal) => void (await send({ method: "GET" }, signal)),
      close: channel.close
    }
  })
