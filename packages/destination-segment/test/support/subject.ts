/** The destination under test, and its messages as the remote reads them. */

import type { Event } from "@millrace/core/Event"
import { segment } from "@millrace/destination-segment"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

type Input = Parameters<typeof segment>[0]["settings"]

export const writeKey = "Wr1teKeyOfTheSource0123456789abc"

export const destination = (settings: Input = { region: "us" }, key = writeKey) =>
  segment({ settings, credentials: { writeKey: Redacted.make(key) } })

export const open = (settings?: Input, key?: string) => Effect.runSync(destination(settings, key).open)

export type Subject = ReturnType<typeof open>

/** A `track` call, as Segment reads it. */
export interface Track {
  readonly type: string
  readonly event: string
  readonly messageId: string
  readonly timestamp: string
  readonly userId?: string
  readonly anonymousId?: string
  readonly context?: {
    readonly device?: { readonly model?: string; readonly type?: string }
    readonly traits?: { readonly email?: string; readonly phone?: string }
  }
  readonly properties: { readonly [name: string]: unknown }
}

export const trackOf = (subject: Subject, given: Event): Track => {
  const message = Result.getOrThrow(subject.prepare([given], "main"))
  if (!("json" in message)) throw new Error("expected a JSON message")
  return JSON.parse(JSON.stringify(message.json))
}
