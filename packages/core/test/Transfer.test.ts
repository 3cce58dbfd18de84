/** Events that go to a store with other tracks. */
import { assert, describe, it } from "@effect/vitest"
import {
  Codec,
  Exporter,
  type Ledger,
  Outbox,
  OutboxMemory,
  type Running,
  Source,
  Transfer
} from "@millrace/core"
import * as Bitmap from "@millrace/core/Bitmap"
import * as Effect from "effect/Effect"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const tracks = 8
const main = { route: "crm", lane: "main" }
/** Every seventh event is of the same user; so few users have different tracks by longer ids. */
const events = Remote.events(60).map((event, index) => ({
  ...event,
  user: { externalId: `user-${index % 7}@example.com` }
}))
const none: Ledger.Ledger = { routes: {} }

const definition = (source: Source.Source) =>
  Exporter.from(source).route("crm").to(Remote.destination(Remote.make()))

const idsIn = ({ bytes, ends }: Codec.Records): ReadonlyArray<string> =>
  Array.from(ends, (end, index) => {
    const { id }: { readonly id: string } = JSON.parse(
      Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end)).toString()
    )
    return id
  })

/** The events of each track, where an exporter stored them itself. */
const ofIntake = Effect.gen(function* () {
  const shared = yield* OutboxMemory.makeShared({ tracks, leaseTime: 12_000, bytes: undefined })
  const outbox = yield* shared.open()
  const instance = { name: "reader", roles: ["read"] as const }
  const running: Running.Running = yield* Exporter.start(definition(Source.fromArray(events)), {
    follow: true,
    instance
  }).pipe(Effect.provideService(Outbox.Outbox, outbox))
  yield* Time.pass("1 second")
  assert.strictEqual((yield* running.ledger).routes["crm"]?.read, events.length)
  return yield* Effect.forEach(
    Array.from({ length: tracks }, (_, track) => track),
    (track) =>
      Effect.map(outbox.take({ ...main, track }, 0, 1_000_000), (parcels) =>
        parcels.flatMap(({ records }) => idsIn(records))
      )
  )
})

const size = 20
const parcels = [0, 1, 2].map((index): Outbox.HeldParcel => {
  const settled = Bitmap.empty(size)
  if (index === 0) Bitmap.add(settled, 3)
  return {
    ...main,
    track: 0,
    sequence: index + 1,
    records: Codec.encodeEvents(events.slice(index * size, (index + 1) * size)),
    origin: { source: "default", split: "a", position: "" },
    appendedAt: 1_000,
    settled,
    attempts: 0,
    damaged: false
  }
})

/** Stores that are only these pages, and a list of what was put. */
const stores = (compositions: Outbox.Held["compositions"]) => {
  const put: Array<Outbox.Held> = []
  const from = {
    name: "first",
    leave: Effect.succeed({
      id: undefined,
      tracks: 1,
      ledger: Effect.succeed(none),
      page: Transfer.pages([
        (after) => Effect.succeed(after === undefined ? { held: { parcels }, last: [1] } : undefined),
        (after) => Effect.succeed(after === undefined ? { held: { compositions }, last: [1] } : undefined)
      ]),
      parcels: (sequences: ReadonlyArray<number>) =>
        Effect.succeed(parcels.filter(({ sequence }) => sequences.includes(sequence))),
      begin: () => Effect.succeed("first"),
      finish: Effect.void,
      giveUp: Effect.void
    })
  }
  const to: Outbox.Transfer = {
    name: "second",
    leave: Effect.die("it is not left"),
    arrive: Effect.succeed({
      tracks,
      standing: undefined,
      begin: () => Effect.void,
      put: (held) => Effect.sync(() => void put.push(held)),
      ledger: Effect.succeed(none),
      finish: Effect.void
    })
  }
  return { from: { ...from, arrive: to.arrive }, to, put }
}

/** What stands at a place of the second store. */
const idAt = (
  put: ReadonlyArray<Outbox.Held>,
  { parcel, position }: { parcel: number; position: number }
) => {
  const found = put.flatMap(({ parcels }) => parcels).find(({ sequence }) => sequence === parcel)
  return found === undefined ? undefined : idsIn(found.records)[position]
}

describe("events that go to a store with other tracks", () => {
  it.effect(
    "come to the track that the intake would give them, in their order, without what is settled",
    () =>
      Effect.gen(function* () {
        const { from, put, to } = stores([])
        yield* Transfer.move(from, to, definition(Source.fromArray([])))
        const found = Array.from({ length: tracks }, (_, track) =>
          put
            .flatMap(({ parcels }) => parcels)
            .filter((parcel) => parcel.track === track)
            .toSorted((left, right) => left.sequence - right.sequence)
            .flatMap(({ records }) => idsIn(records))
        )
        const settled = events[3]!.id
        const expected = (yield* ofIntake).map((ids) => ids.filter((id) => id !== settled))
        assert.deepStrictEqual(found, expected)
        assert.isAbove(expected.filter((ids) => ids.length > 0).length, 3)
      }).pipe(Effect.scoped)
  )

  it.effect("stay together in their compositions, but for those of several tracks", () =>
    Effect.gen(function* () {
      const one = [0, 7, 21].map((index) => events[index]!.id)
      const members = [
        { parcel: 1, position: 0 },
        { parcel: 1, position: 7 },
        { parcel: 2, position: 1 }
      ]
      const several = Array.from({ length: 7 }, (_, position) => ({ parcel: 3, position }))
      const { from, put, to } = stores([
        { ...main, track: 0, id: "one", members },
        { ...main, track: 0, id: "several", members: several }
      ])
      const { recomposed } = yield* Transfer.move(from, to, definition(Source.fromArray([])))
      assert.strictEqual(recomposed, 1)
      const [kept, ...others] = put.flatMap(({ compositions }) => compositions)
      assert.deepStrictEqual(others, [])
      assert.strictEqual(kept?.id, "one")
      assert.deepStrictEqual(
        kept?.members.map((member) => idAt(put, member)),
        one
      )
      const home = put
        .flatMap(({ parcels }) => parcels)
        .find(({ sequence }) => sequence === kept?.members[0]?.parcel)
      assert.strictEqual(home?.track, kept?.track)
    })
  )
})
