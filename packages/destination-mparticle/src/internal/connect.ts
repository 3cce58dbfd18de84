import type { Connection } from "@millrace/core/Destination"
import type { Batch } from "@millrace/core/Message"
import { DeliveryError, Outcomes, retry } from "@millrace/core/Outcome"
import * as Address from "@millrace/http/Address"
import * as Delivery from "@millrace/http/Delivery"
import * as Transport from "@millrace/http/Transport"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Answer from "../Answer.ts"
import type { Credentials, Pair } from "../Credentials.ts"
import type { Endpoint } from "./endpoints.ts"

type Connect = (lane: string) => Effect.Effect<Connection, DeliveryError, Scope.Scope>

export const connect = (
  address: URL,
  endpoints: ReadonlyArray<Endpoint>,
  { clientCertificate }: Credentials
): Connect => {
  const byLane = new Map(endpoints.map((endpoint) => [endpoint.lane, endpoint]))
  const prefix = Address.pathOf(address)
  return (lane) => {
    const endpoint = byLane.get(lane)
    // Neither a lane without credentials nor one that is not configured is ever opened by the core.
    if (endpoint?.pair === undefined) return Effect.die(new Error(`lane ${lane} has no credentials`))
    const { notBefore, pair, path } = endpoint
    return Effect.map(Transport.open(address.origin, { clientCertificate }), (channel): Connection => {
      const post = (body: Uint8Array) =>
        Effect.mapError(
          Effect.map(
            channel.send({ method: "POST", path: prefix + path, headers: headersOf(pair), body }),
            (answer) => withoutPair(answer, pair)
          ),
          Delivery.noAnswer
        )
      return {
        deliver: (batch) =>
          Effect.flatMap(
            Effect.andThen(
              waitForAge(notBefore),
              Effect.suspend(() => post(batch.body))
            ),
            (answer) => judge(answer, lane, batch)
          ),
        checkNote: "inferred: mParticle documents no probe, and only 401 and 403 mean that a key is refused",
        check: Effect.flatMap(
          Effect.suspend(() => post(nothing)),
          (answer) => checkAnswer(answer, lane)
        )
      }
    })
  }
}

/** The secret is revealed here, for the length of one request. */
const headersOf = ({ key, secret }: Pair) => ({
  authorization: `Basic ${Buffer.from(`${Redacted.value(key)}:${Redacted.value(secret)}`).toString("base64")}`,
  "content-type": "application/json",
  accept: "application/json",
  "user-agent": "@millrace/destination-mparticle"
})

/** A careless remote may repeat what it was sent: it gets no further than here. */
const withoutPair = (answer: Transport.Response, pair: Pair): Transport.Response => {
  const [, sent = ""] = headersOf(pair).authorization.split(" ")
  const body = [sent, Redacted.value(pair.secret), Redacted.value(pair.key)].reduce(
    (text, word) => text.replaceAll(word, "***"),
    answer.body
  )
  return { ...answer, body }
}

/** An empty array: nothing can come of it, yet the key is looked at first. */
const nothing = new TextEncoder().encode("[]")

const judge = (answer: Transport.Response, lane: string, batch: Batch) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const outcome = Answer.outcome(answer, lane, now)
    if (outcome._tag !== "Delivered") return Effect.fail(new DeliveryError({ outcome }))
    const outcomes = Outcomes.all(batch, outcome)
    const usage = Answer.usage(answer)
    return Effect.succeed(usage === undefined ? outcomes : outcomes.withUsage(usage))
  })

/** mParticle does not document a way to check a key: any answer but a refusal of it, from the right place, will do. */
const checkAnswer = (answer: Transport.Response, lane: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => Delivery.reached(Answer.outcome(answer, lane, now)))

/** The historical endpoint drops events younger than 72 hours without a word: they wait until none can be. */
const waitForAge = (notBefore: number) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    now >= notBefore
      ? Effect.void
      : Effect.fail(
          new DeliveryError({
            outcome: retry("too-recent", {
              after: Duration.millis(notBefore - now),
              detail: `the historical endpoint takes what is 72 hours old; historicalBefore will be so at ${new Date(notBefore).toISOString()}`
            })
          })
        )
  )
