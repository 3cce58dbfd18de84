/** Chunks for tests, of parcels that hold a few short records. */
import type { Appending, NewParcel, Outbox, TrackKey } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"

export const track = (number: number): TrackKey => ({ route: "crm", lane: "ios", track: number })

export const parcel = (key: TrackKey, ...texts: ReadonlyArray<string>): NewParcel => {
  const parts = texts.map((text) => Buffer.from(text))
  let at = 0
  return {
    ...key,
    records: {
      codec: "test/1",
      parameter: "",
      bytes: new Uint8Array(Buffer.concat(parts)),
      ends: Uint32Array.from(parts, (part) => (at += part.length))
    }
  }
}

/** It balances: every event counts as read. */
export const chunk = (parcels: ReadonlyArray<NewParcel>, more: Partial<Appending> = {}): Appending => ({
  origin: { source: "default", split: "a", position: "" },
  at: 1_000,
  parcels,
  buried: [],
  counts: parcels.map(({ route, records }) => ({
    route,
    kind: "read",
    key: "",
    events: records.ends.length
  })),
  ...more
})

export const delivered = (sequence: number, ...positions: ReadonlyArray<number>) => ({
  parcel: sequence,
  delivered: positions,
  dead: [],
  attempts: 1,
  at: 2_000
})

/** The lease of a track; dies where another has it. */
export const leaseOf = (outbox: Outbox["Service"], key: TrackKey) =>
  Effect.flatMap(outbox.lease([OutboxRules.trackLease(key)], 1), ([lease]) =>
    lease === undefined ? Effect.die(new Error("another has the lease")) : Effect.succeed(lease)
  )
