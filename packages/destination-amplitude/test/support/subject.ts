/** The destination under test and events to send. */
import { amplitude } from "@millrace/destination-amplitude"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Braze from "@millrace/events-braze/Braze"
import * as Sample from "@millrace/events-braze/Sample"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

type Input = Parameters<typeof amplitude>[0]["settings"]

export const apiKey = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

export const destination = (settings: Input = { region: "us" }, key = apiKey) =>
  amplitude({ settings, credentials: { apiKey: Redacted.make(key) } })

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

export const uploadOf = (subject: Subject, given: BrazeEvent): Upload => {
  const message = Result.getOrThrow(subject.prepare([given], "main"))
  if (!("json" in message)) throw new Error("expected a JSON message")
  return JSON.parse(JSON.stringify(message.json))
}

const byDefault = open()

/** One event and what becomes of it. */
export const goldenOf = (given: BrazeEvent) => ({ in: given, out: uploadOf(byDefault, given) })
