import { createHash } from "node:crypto"
import type { Connection } from "@millrace/core/Destination"
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

/** User name and password of HTTP Basic; a token has none. They are revealed here, for the length of one request. */
const pairOf = ({ serviceAccount, token }: Credentials): readonly [string, string] =>
  serviceAccount === undefined
    ? [token === undefined ? "" : Redacted.value(token), ""]
    : [Redacted.value(serviceAccount.username), Redacted.value(serviceAccount.secret)]

const basic = (credentials: Credentials): string =>
  Buffer.from(pairOf(credentials).join(":")).toString("base64")

export const connect = (
  address: URL,
  credentials: Credentials,
  { projectId }: Settings
): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.map(
    Transport.open(address.origin, { clientCertificate: credentials.clientCertificate }),
    (channel): Connection => {
      const project = projectId === undefined ? "" : `&project_id=${projectId}`
      const path = `${Address.pathOf(address)}/import?strict=1${project}`
      const post = (body: Uint8Array) =>
        Effect.suspend(() =>
          channel.send({ method: "POST", path, headers: headersOf(credentials), body })
        ).pipe(
          Effect.mapError(Delivery.noAnswer),
          Effect.map((answer) => withoutSecrets(answer, credentials)),
          Effect.zip(Clock.currentTimeMillis)
        )
      return {
        deliver: (batch) =>
          Effect.flatMap(post(batch.body), ([answer, now]) =>
            Effect.fromResult(Answer.outcomes(answer, batch, now))
          ),
        checkNote:
          "inferred: Mixpanel documents no probe, only that it answers 401 to credentials it does not know",
        check: Effect.flatMap(post(nothing), ([answer, now]) => Delivery.reached(Answer.outcome(answer, now)))
      }
    }
  )

/** The same for the same project at the same place. A hash: it is compared and may be shown. */
export const markOf = (address: URL, credentials: Credentials, { projectId }: Settings): string => {
  // Two service accounts of one project reach the same place.
  const project = credentials.serviceAccount === undefined ? pairOf(credentials)[0] : projectId
  return createHash("sha256")
    .update(JSON.stringify([address.href, project]))
    .digest("hex")
}

/** No events: nothing can come of it. */
const nothing = new TextEncoder().encode("[]")

const headersOf = (credentials: Credentials) => ({
  authorization: `Basic ${basic(credentials)}`,
  "content-type": "application/json",
  accept: "application/json",
  "user-agent": "@millrace/destination-mixpanel"
})

/** A careless remote may repeat what it was sent: it gets no further than here. */
const withoutSecrets = (answer: Transport.Response, credentials: Credentials): Transport.Response => {
  const [user, password] = pairOf(credentials)
  const body = [basic(credentials), password, user]
    .filter((word) => word !== "")
    .reduce((text, word) => text.replaceAll(word, "***"), answer.body)
  return { ...answer, body }
}
