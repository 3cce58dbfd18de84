import { createHash } from "node:crypto"
import type { Connection } from "@millrace/core/Destination"
import { DeliveryError, type Outcome, Outcomes } from "@millrace/core/Outcome"
import * as Address from "@millrace/http/Address"
import * as Delivery from "@millrace/http/Delivery"
import * as Transport from "@millrace/http/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Answer from "../Answer.ts"
import type { Credentials } from "../Credentials.ts"

type Key = Redacted.Redacted<string>

export const connect = (
  address: URL,
  { clientCertificate, writeKey }: Credentials
): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.map(Transport.open(address.origin, { clientCertificate }), (channel): Connection => {
    const path = `${Address.pathOf(address)}/v1/batch`
    const post = (body: Uint8Array): Effect.Effect<Outcome, DeliveryError> =>
      Effect.suspend(() => channel.send({ method: "POST", path, headers: headersOf(writeKey), body })).pipe(
        Effect.mapError(Delivery.noAnswer),
        Effect.flatMap((answer) =>
          Effect.map(Clock.currentTimeMillis, (now) => Answer.outcome(withoutKey(answer, writeKey), now))
        )
      )
    return {
      envelope: { open: '{"batch":[', separator: ",", close: "]}" },
      deliver: (batch) =>
        Effect.flatMap(post(batch.body), (outcome) =>
          outcome._tag === "Delivered"
            ? Effect.succeed(Outcomes.all(batch, outcome))
            : Effect.fail(new DeliveryError({ outcome }))
        ),
      checkNote:
        "Segment accepts events under any write key: whether it is the right one shows in its Debugger",
      check: Effect.flatMap(post(nothing), Delivery.reached)
    }
  })

/** The same for the same key at the same place. A hash: it is compared and may be shown. */
export const markOf = (address: URL, writeKey: Key): string =>
  createHash("sha256")
    .update(JSON.stringify([address.href, Redacted.value(writeKey)]))
    .digest("hex")

/** No events: any answer but a refusal, from the right place, tells that Segment can be reached. */
const nothing = new TextEncoder().encode('{"batch":[]}')

/** HTTP Basic with an empty password. The key is revealed here, for the length of one request. */
const basic = (writeKey: Key): string => Buffer.from(`${Redacted.value(writeKey)}:`).toString("base64")

const headersOf = (writeKey: Key) => ({
  authorization: `Basic ${basic(writeKey)}`,
  "content-type": "application/json",
  accept: "application/json",
  "user-agent": "@millrace/destination-segment"
})

/** A careless remote may repeat what it was sent: it gets no further than here. */
const withoutKey = (answer: Transport.Response, writeKey: Key): Transport.Response => ({
  ...answer,
  body: answer.body.replaceAll(basic(writeKey), "***").replaceAll(Redacted.value(writeKey), "***")
})
