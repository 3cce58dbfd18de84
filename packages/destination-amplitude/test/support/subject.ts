/** The destination under test, and its messages as the remote reads them. */

import type { Event } from "@millrace/core/Event"
import { amplitude } from "@millrace/destination-amplitude"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

type Input = Parameters<typeof amplitude>[0]["settings"]

export const apiKey = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

export const destination = (settings: Input = { region: "us" }, key = apiKey) =>
  amplitude({ settings, credentials: { apiKey: Redacted.make(key) } })

export const open = (settings?: Input, key?: string) => Effect.runSync(destination(settings, key).open)

export type Subject = ReturnType<typeof open>

/** An event, as Amplitude reads it. */
export interface Upload {
  readonly user_id?: string
  readonly device_id?: string
  readonly event_type: string
  readonly time: number
  readonly insert_id: string
  readonly library: string
  readonly adid?: string
  readonly idfa?: string
  readonly price?: number
  readonly productId?: string
  readonly event_properties: { readonly [name: string]: unknown }
}

export const uploadOf = (subject: Subject, given: Event): Upload => {
  const message = Result.getOrThrow(subject.prepare([given], "main"))
  if (!("json" in message)) throw new Error("expected a JSON message")
  return JSON.parse(JSON.stringify(message.json))
}
