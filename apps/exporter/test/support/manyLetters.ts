/** An outbox with as many dead letters as are wanted: of several lanes, reasons, types, and users, put there as an exporter does. */
import { join } from "@millrace/core/Codec"
import type { Outbox, Settlement } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import { CustomHttp, Sample } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import { few } from "./world.ts"

const route = "mparticle"
export const lanes = ["ios", "android", "web", "unbound"] as const
export const reasons = ["bad-request", "expired", "too-large"] as const
export const types = few

/** Events of a chunk. */
const chunk = 1000

/** Users: each has about so many letters. */
const ofEach = 25

const details: Readonly<Record<(typeof reasons)[number], string>> = {
  "bad-request":
    "mParticle answered 400: the batch was not accepted; one of its fields has a value that it does not take",
  expired: "waited longer than its retention",
  "too-large": "mParticle answered 413: the request entity is larger than its limit"
}

/** What there is of one letter in the middle, by which tests look for it and its kind. */
export interface Filled {
  readonly user: string
  readonly event: string
  readonly letters: { readonly ofUser: number }
}

const laneOf = (index: number) => lanes[index % lanes.length]!

/** Prime to the number of lanes and types, so that all of them meet. */
const reasonOf = (index: number) => reasons[index % reasons.length]!

/** Fills an empty outbox. The same number gives the same letters. */
export const fill = Effect.fnUntraced(function* (outbox: Outbox["Service"], letters: number) {
  const sample = Sample.make({ seed: 17, users: Math.ceil(letters / ofEach) })
  const eventOf = (index: number) => sample.event(types[index % types.length]!, index, Sample.time + index)
  const middle = eventOf(Math.floor(letters / 2))
  const user = Object.values(middle.user)[0]!
  const leases = yield* outbox.lease(
    lanes.map((lane) => OutboxRules.trackLease({ route, lane })),
    lanes.length
  )
  const tokenOf = (lane: (typeof lanes)[number]) =>
    leases.find(({ name }) => name === OutboxRules.trackLease({ route, lane }))?.token
  let ofUser = 0
  for (let first = 0; first < letters; first += chunk) {
    const indexes = Array.from({ length: Math.min(chunk, letters - first) }, (_, index) => first + index)
    const events = new Map(indexes.map((index) => [index, eventOf(index)]))
    for (const event of events.values()) if (Object.values(event.user).includes(user)) ofUser++
    const ofLanes = lanes.map((lane) => indexes.filter((index) => laneOf(index) === lane))
    const stored = yield* outbox.append({
      origin: { source: "default", split: `event_type=many/${first}.avro`, position: "" },
      at: first,
      parcels: lanes.map((lane, number) => {
        const texts = ofLanes[number]!.map((index) => JSON.stringify(Sample.toCustomHttp(events.get(index)!)))
        return { route, lane, records: { ...join(texts), codec: CustomHttp.codec.name, parameter: "" } }
      }),
      buried: [],
      counts: [{ route, kind: "read", key: "", events: indexes.length }]
    })
    for (const [number, { sequence }] of stored.entries()) {
      const dead = ofLanes[number]!.map((index, position): Settlement["dead"][number] => {
        const reason = reasonOf(index)
        return { position, reason, detail: details[reason] }
      })
      yield* outbox.settle(
        [{ parcel: sequence, delivered: [], dead, attempts: 1, at: first }],
        tokenOf(lanes[number]!)
      )
    }
  }
  return { user, event: middle.id, letters: { ofUser } } satisfies Filled
})
