import type { Connection } from "@millrace/core/Destination"
import { DeliveryError, Outcomes } from "@millrace/core/Outcome"
import * as Delivery from "@millrace/http/Delivery"
import * as Transport from "@millrace/http/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Answer from "../Answer.ts"
import type { Credentials } from "../Credentials.ts"
import type { Settings, Statuses } from "../Settings.ts"
import type { Meta, Shape } from "./shape.ts"
import * as Sign from "./sign.ts"

export const connect = (
  { checkUrl, idempotencyHeader, limits, method, statuses }: Settings,
  credentials: Credentials,
  shape: Shape
): Effect.Effect<Connection<Meta>, never, Scope.Scope> =>
  Effect.map(Transport.open(shape.origin, optionsOf(limits, credentials)), (channel): Connection<Meta> => {
    const send = (request: Transport.Request) =>
      Effect.mapBoth(channel.send(request), {
        onSuccess: (answer) => masked(answer, credentials),
        onFailure: Delivery.noAnswer
      })
    return {
      envelope: shape.envelope,
      deliver: Effect.fnUntraced(function* (batch) {
        const { body } = batch
        const head = shape.head(batch)
        const key = Sign.keyOf(batch.ids)
        const signed = Sign.headersFor(credentials, body, key, yield* Clock.currentTimeMillis)
        const idempotent = idempotencyHeader === undefined ? {} : { [idempotencyHeader]: key }
        const headers = { ...head.headers, ...idempotent, ...signed }
        const answer = yield* send({ method, path: head.path, headers, body })
        const outcome = Answer.outcome(answer, statuses, yield* Clock.currentTimeMillis)
        return outcome._tag === "Delivered"
          ? Outcomes.all(batch, outcome)
          : yield* new DeliveryError({ outcome })
      }),
      ...(checkUrl === undefined ? { checkNote } : {}),
      check: Effect.gen(function* () {
        const { headers, path } = shape.probe
        const signed = Sign.headersFor(
          credentials,
          new Uint8Array(),
          Sign.keyOf([]),
          yield* Clock.currentTimeMillis
        )
        const answer = yield* send({ method: "GET", path, headers: { ...headers, ...signed } })
        const outcome = Answer.outcome(answer, forCheck(statuses), yield* Clock.currentTimeMillis)
        if (outcome._tag === "Delivered") return
        if (checkUrl !== undefined || outcome._tag === "Unauthorized") {
          return yield* new DeliveryError({ outcome })
        }
      })
    }
  })

const optionsOf = (
  { concurrency }: Settings["limits"],
  { clientCertificate }: Credentials
): Transport.Options => ({ connections: concurrency, clientCertificate })

const checkNote =
  "inferred: a GET of url was answered, and only 401 and 403 mean that credentials are refused; set checkUrl for a proof"

/** What counts as a delivery is said of deliveries alone. */
const forCheck = ({ delivered, ...others }: Statuses): Statuses => others

/** A careless remote may repeat what it was sent: it gets no further than here. */
const masked = (answer: Transport.Response, credentials: Credentials): Transport.Response => ({
  ...answer,
  body: Sign.traces(credentials).reduce((text, word) => text.replaceAll(word, "***"), answer.body)
})
