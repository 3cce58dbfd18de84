/** The destination under test, and its messages as the remote reads them. */

import type { Event } from "@millrace/core/Event"
import { mixpanel } from "@millrace/destination-mixpanel"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

type Input = Parameters<typeof mixpanel>[0]["settings"]

export const token = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

type CredentialsInput = NonNullable<Parameters<typeof mixpanel>[0]["credentials"]>

export const destination = (
  settings: Input = { region: "us" },
  credentials: CredentialsInput = { token: Redacted.make(token) }
) => mixpanel({ settings, credentials })

export const open = (settings?: Input, credentials?: CredentialsInput) =>
  Effect.runSync(destination(settings, credentials).open)

export type Subject = ReturnType<typeof open>

/** An event, as Mixpanel reads it. */
export interface Recorded {
  readonly event: string
  readonly properties: { readonly [name: string]: unknown }
}

export const recordOf = (subject: Subject, given: Event): Recorded => {
  const message = Result.getOrThrow(subject.prepare([given], "main"))
  if (!("json" in message)) throw new Error("expected a JSON message")
  return JSON.parse(JSON.stringify(message.json))
}
