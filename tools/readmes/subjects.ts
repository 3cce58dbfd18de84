/** How each destination that speaks HTTP is asked what it makes of an answer. */
import * as Redacted from "effect/Redacted"
import type { Event } from "../../packages/core/src/Event.ts"
import * as Sample from "../../packages/events-braze/src/Sample.ts"
import type { Answer } from "../../packages/testing/src/FaultyRemote.ts"

export interface Subject {
  /** Whose answers these are, for the head of the table. */
  readonly remote: string
  readonly settings: (origin: string) => unknown
  readonly credentials: unknown
  readonly event: Event
  /** The body by which the remote says that it took a request, where the status alone does not say it. */
  readonly taken?: { readonly body: string; readonly name: string }
  /** The settings that say where the remote is. */
  readonly address: string
  /** Answers beside the bare statuses that mean something of their own. */
  readonly others?: ReadonlyArray<{ readonly name: string; readonly answers: ReadonlyArray<Answer> }>
}

/** Any time will do: nothing is sent anywhere else. */
const time = Date.UTC(2026, 0, 1)

const email = Sample.make({ seed: 1, users: 10 }).event("users.messages.email.Open", 0, time)

/** Long enough not to occur in any answer by chance: what a remote repeats of it is masked. */
const secret = Redacted.make("a-secret-of-this-table")

const baseUrl = (origin: string) => ({ baseUrl: origin })

/** By package. */
export const subjects: { readonly [name: string]: Subject } = {
  "destination-amplitude": {
    remote: "Amplitude",
    address: "`region` or `baseUrl`",
    settings: baseUrl,
    credentials: { apiKey: secret },
    event: email,
    taken: { name: "`code` 200", body: '{"code":200,"events_ingested":1}' },
    others: [
      {
        name: "400 about the key",
        answers: [
          { status: 400, body: '{"code":400,"error":"Invalid API key"}' },
          {
            status: 400,
            body: '{"code":400,"error":"Request missing required field","missing_field":"api_key"}'
          }
        ]
      }
    ]
  },
  "destination-http": {
    remote: "the endpoint",
    address: "`url`",
    settings: (origin) => ({ url: origin }),
    credentials: {},
    event: { id: "1", type: "order.placed", time, user: { externalId: "customer-1" }, properties: {} }
  },
  "destination-mixpanel": {
    remote: "Mixpanel",
    address: "`region` or `baseUrl`",
    settings: baseUrl,
    credentials: { token: secret },
    event: email,
    taken: { name: "`code` 200", body: '{"code":200,"num_records_imported":1,"status":"OK"}' }
  },
  "destination-mparticle": {
    remote: "mParticle",
    address: "`pod` or `baseUrl`",
    settings: baseUrl,
    credentials: { unbound: { key: secret, secret } },
    event: email,
    others: [
      {
        name: "429 of `org`, `account`, `workspace` or `system`",
        answers: ["org", "account", "workspace", "system"].map((limit) => ({
          status: 429,
          headers: { "x-mp-rate-limit-exceeded": limit }
        }))
      }
    ]
  },
  "destination-segment": {
    remote: "Segment",
    address: "`region` or `baseUrl`",
    settings: baseUrl,
    credentials: { writeKey: secret },
    event: email,
    others: [
      {
        name: "400 about the key",
        answers: [{ status: 400, body: '{"success":false,"message":"invalid write key"}' }]
      }
    ]
  }
}
