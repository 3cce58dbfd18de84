/** The destination under test, requests as they would leave it, and events to send. */
import type { Event } from "@millrace/core/Event"
import { type Credentials, http, type Settings } from "@millrace/destination-http"
import * as Transport from "@millrace/http/Transport"
import { Attempt } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export type SettingsInput = typeof Settings.Settings.Encoded
export type CredentialsInput = typeof Credentials.Credentials.Encoded

export const open = (settings: SettingsInput, credentials: CredentialsInput = {}) =>
  Effect.runSync(http({ settings, credentials }).open)

export type Subject = ReturnType<typeof open>

/** 2026-06-29T14:20:05Z. */
export const time = 1_782_742_805_000

export const event = (id: string, properties: object = {}, user: Event["user"] = {}): Event => ({
  id,
  type: "order.placed",
  time,
  user,
  properties
})

export interface Sent {
  readonly origin: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A transport that takes everything and keeps what was sent. */
export const recording = () => {
  const sent: Array<Sent> = []
  const transport: Transport.Transport = {
    open: (origin) =>
      Effect.succeed({
        send: ({ body = new Uint8Array(), headers, method, path }) =>
          Effect.sync(() => {
            sent.push({ origin, method, path, headers, body: new TextDecoder().decode(body) })
            return { status: 204, headers: {}, body: "", truncated: false }
          })
      })
  }
  const provide = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provideService(effect, Transport.Transport, transport)
  return { sent, provide }
}

/** The requests that these events become: one for each with `batch: single`, else one for all. */
export const requestsFor = Effect.fnUntraced(function* (subject: Subject, events: ReadonlyArray<Event>) {
  const { provide, sent } = recording()
  const groups = subject.limits.messages === 1 ? events.map((one) => [one]) : [events]
  for (const group of groups) yield* provide(Attempt.deliver(subject, group))
  return sent
})

/** Credentials as they stand in a file of plain JSON: what the schema wants redacted is redacted. */
export const redact = (credentials: PlainCredentials): CredentialsInput => {
  const { basic, bearer, headers, hmac, standardWebhooks } = credentials
  const all = (record: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name, Redacted.make(value)]))
  return {
    ...(bearer === undefined ? {} : { bearer: Redacted.make(bearer) }),
    ...(basic === undefined
      ? {}
      : {
          basic: {
            username: Redacted.make(basic.username),
            ...(basic.password === undefined ? {} : { password: Redacted.make(basic.password) })
          }
        }),
    ...(headers === undefined ? {} : { headers: all(headers) }),
    ...(hmac === undefined ? {} : { hmac: { ...hmac, secret: Redacted.make(hmac.secret) } }),
    ...(standardWebhooks === undefined
      ? {}
      : {
          standardWebhooks: {
            secret: Redacted.make(standardWebhooks.secret),
            ...(standardWebhooks.formerSecret === undefined
              ? {}
              : { formerSecret: Redacted.make(standardWebhooks.formerSecret) })
          }
        })
  }
}

export interface PlainCredentials {
  readonly bearer?: string
  readonly basic?: { readonly username: string; readonly password?: string }
  readonly headers?: Readonly<Record<string, string>>
  readonly hmac?: {
    readonly secret: string
    readonly header: string
    readonly algorithm?: "sha256" | "sha512"
    readonly encoding?: "hex" | "base64"
    readonly prefix?: string
  }
  readonly standardWebhooks?: { readonly secret: string; readonly formerSecret?: string }
}
