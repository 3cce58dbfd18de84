/** The destination under test and events to send. */
import { segment } from "@millrace/destination-segment"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Braze from "@millrace/events-braze/Braze"
import * as Sample from "@millrace/events-braze/Sample"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

type Input = Parameters<typeof segment>[0]["settings"]

export const writeKey = "Wr1teKeyOfTheSource0123456789abc"

export const destination = (settings: Input = { region: "us" }, key = writeKey) =>
  segment({ settings, credentials: { writeKey: Redacted.make(key) } })

export const open = (settings?: Input, key?: string) => Effect.runSync(destination(settings, key).open)

export type Subject = ReturnType<typeof open>

/** 2026-06-29, as in the examples of Currents' documentation. */
export const time = 1_782_742_805_000

const sample = Sample.make({ seed: 7, users: 500 })

/** A sample event of the type, of a user with an external id where the type has one. */
export const eventOf = (type: Braze.TypeName, from = 0): BrazeEvent => {
  for (let index = from; index < from + 50; index++) {
    const event = sample.event(type, index, time)
    if (event.user.externalId !== undefined) return event
  }
  return sample.event(type, from, time)
}

/** An event as given: what the sample would fill in is not there. */
export const event = (
  type: Braze.TypeName,
  properties: { readonly [field: string]: unknown } = {},
  user: BrazeEvent["user"] = { externalId: "cust-1" },
  at = time
): BrazeEvent => ({ id: `id-${type}`, type, time: at, user, properties }) as BrazeEvent

const isTypeName = (name: string): name is Braze.TypeName => Braze.typeNames.has(name)

export const typeNames = [...Braze.typeNames].filter(isTypeName)

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

export const trackOf = (subject: Subject, given: BrazeEvent): Track => {
  const message = Result.getOrThrow(subject.prepare([given], "main"))
  if (!("json" in message)) throw new Error("expected a JSON message")
  return JSON.parse(JSON.stringify(message.json))
}

const byDefault = open()

/** One event and what becomes of it. */
export const goldenOf = (given: BrazeEvent) => ({ in: given, out: trackOf(byDefault, given) })
