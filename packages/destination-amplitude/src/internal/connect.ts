import { createHash } from "node:crypto"
import type { Connection } from "@millrace/core/Destination"
import type { Envelope } from "@millrace/core/Message"
import * as Address from "@millrace/http/Address"
import * as Delivery from "@millrace/http/Delivery"
import * as Transport from "@millrace/http/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Answer from "../Answer.ts"
import type { Credentials } from "../Credentials.ts"
import type { Settings } from "../Settings.ts"

type Key = Redacted.Redacted<string>

/** The key goes into the body, after the events and at the last moment: here the body lacks its last brace. */
const envelope: Envelope = { open: '{"events":[', separator: ",", close: "]" }

/** The API key and the options, as they end a body. The key is revealed here, for the length of one request. */
const endOf = (apiKey: Key, { minIdLength }: Settings): Uint8Array => {
  const options = minIdLength === undefined ? {} : { options: { min_id_length: minIdLength } }
  return new TextEncoder().encode(
    `,${JSON.stringify({ api_key: Redacted.value(apiKey), ...options }).slice(1)}`
  )
}

/** Bytes that a request has besides its batch. */
export const endBytes = (apiKey: Key, settings: Settings): number => endOf(apiKey, settings).length

const paths = { batch: "/batch", http: "/2/httpapi" } as const

export const connect = (
  address: URL,
  { apiKey, clientCertificate }: Credentials,
  settings: Settings
): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.map(Transport.open(address.origin, { clientCertificate }), (channel): Connection => {
    const path = Address.pathOf(address) + paths[settings.endpoint]
    const post = (body: Uint8Array) =>
      Effect.suspend(() => {
        const whole = Buffer.concat([body, endOf(apiKey, settings)])
        return channel.send({ method: "POST", path, headers, body: whole })
      }).pipe(
        Effect.mapError(Delivery.noAnswer),
        Effect.map((answer) => withoutKey(answer, apiKey)),
        Effect.zip(Clock.currentTimeMillis)
      )
    return {
      envelope,
      deliver: (batch) =>
        Effect.flatMap(post(batch.body), ([answer, now]) =>
          Effect.fromResult(Answer.outcomes(answer, batch, now))
        ),
      checkNote: "inferred: Amplitude documents no probe, only that it answers 400 to a key it does not know",
      check: Effect.flatMap(post(nothing), ([answer, now]) => Delivery.reached(Answer.outcome(answer, now)))
    }
  })

/** The same for the same key at the same place. A hash: it is compared and may be shown. */
export const markOf = (address: URL, apiKey: Key): string =>
  createHash("sha256")
    .update(JSON.stringify([address.href, Redacted.value(apiKey)]))
    .digest("hex")

/** No events: nothing can come of it. */
const nothing = new TextEncoder().encode(envelope.open + envelope.close)

const headers = {
  "content-type": "application/json",
  accept: "application/json",
  "user-agent": "@millrace/destination-amplitude"
}

/** A careless remote may repeat what it was sent: it gets no further than here. */
const withoutKey = (answer: Transport.Response, apiKey: Key): Transport.Response => ({
  ...answer,
  body: answer.body.replaceAll(Redacted.value(apiKey), "***")
})
