/** The destination under test, its credentials, and events to send. */
import { mparticle, type Settings } from "@millrace/destination-mparticle"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Braze from "@millrace/events-braze/Braze"
import * as Sample from "@millrace/events-braze/Sample"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

export const pair = (name: string) => ({
  key: Redacted.make(`${name}-key`),
  secret: Redacted.make(`${name}-secret`)
})

export const everyFeed = {
  ios: pair("ios"),
  android: pair("android"),
  web: pair("web"),
  unbound: pair("unbound")
}

type Input = typeof Settings.Settings.Encoded
type CredentialsInput = NonNullable<Parameters<typeof mparticle>[0]["credentials"]>

export const open = (settings: Input = {}, credentials: CredentialsInput = everyFeed) =>
  Effect.runSync(
    mparticle({
      settings: { ...(settings.baseUrl === undefined ? { pod: "us1" } : {}), ...settings },
      credentials
    }).open
  )

export type Subject = ReturnType<typeof open>

const sample = Sample.make({ seed: 7, users: 500 })

/** A sample event of the type, of a user with an external id where the type has one. */
export const eventOf = (type: Braze.TypeName, from = 0): BrazeEvent => {
  for (let index = from; index < from + 50; index++) {
    const event = sample.event(type, index, Sample.time)
    if (event.user.externalId !== undefined) return event
  }
  return sample.event(type, from, Sample.time)
}

export const typeNames = [...Braze.typeNames].filter(Braze.isTypeName)

/** The mParticle batch of events, as mParticle reads it. */
export const batchOf = (
  subject: Subject,
  lane: string,
  ...events: readonly [BrazeEvent, ...ReadonlyArray<BrazeEvent>]
) => {
  const message = Result.getOrThrow(subject.prepare(events, lane))
  if (!("json" in message)) throw new Error("expected a JSON message")
  const batch: Batch = JSON.parse(JSON.stringify(message.json))
  return batch
}

export interface Batch {
  readonly environment: string
  readonly source_request_id: string
  readonly user_identities?: Readonly<Record<string, string>>
  readonly user_attributes?: Readonly<Record<string, string>>
  readonly device_info?: Readonly<Record<string, string | boolean>>
  readonly events: ReadonlyArray<{
    readonly event_type: string
    readonly data: {
      readonly event_name?: string
      readonly custom_event_type?: string
      readonly timestamp_unixtime_ms: number
      readonly source_message_id: string
      readonly custom_attributes: Readonly<Record<string, string>>
    }
  }>
}

const parity = open()
const extended = open({ profile: "extended" })

/** What becomes of an event: its lane, and what either profile makes of it. */
export const goldenOf = (event: BrazeEvent) => {
  const assignment = parity.assign(event)
  const lane = assignment._tag === "To" ? assignment.lane : assignment.reason
  return { lane, parity: batchOf(parity, lane, event), extended: batchOf(extended, lane, event) }
}
