/** A person whose events stand everywhere in an outbox, and who is then erased. */

import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { encodeEvents } from "@millrace/core/Codec"
import * as DeadLetters from "@millrace/core/DeadLetters"
import type { Buried, Outbox, Sequence } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"

const ios = { route: "crm", lane: "ios" }
/** Stands in every event of the person, and in no other. */
const mark = "ada@example.com"
/** The person's share of the events. */
const every = 3
/** Parcels of many sizes: several of a page, and one of many pages. */
const sizes = [1, 2, 7, 40, 300, 1, 3]
const rounds = 12

const isTheirs = (number: number) => number % every === 0

const eventsOf = (parcel: number, count: number) =>
  Array.from({ length: count }, (_, position) => ({
    id: `${parcel}-${position}`,
    type: "test",
    time: 0,
    user: { externalId: isTheirs(position) ? "ada" : `user-${position}` },
    properties: isTheirs(position)
      ? { mail: mark, filler: mark.repeat((parcel * 7 + position) % 60) }
      : { filler: "x".repeat((parcel * 31 + position) % 900) }
  }))

const bad = (text: string): Buried => ({
  routes: ["crm", "audit"],
  reason: "malformed",
  detail: "",
  record: new TextEncoder().encode(text),
  codec: "",
  parameter: ""
})

const all = (count: number) => Array.from({ length: count }, (_, position) => position)

interface Kept {
  readonly parcel: Sequence
  readonly events: number
}

/** Parcels come and go, in whole and in part, and some events die. */
export const live = Effect.fnUntraced(function* (outbox: Outbox["Service"]) {
  const kept: Array<Kept> = []
  for (let round = 0; round < rounds; round++) {
    for (const [index, events] of sizes.entries()) {
      const [parcel] = yield* outbox.append({
        origin: { source: "default", split: "", position: "" },
        at: 0,
        parcels: [{ ...ios, records: encodeEvents(eventsOf(round * sizes.length + index, events)) }],
        buried: index === 0 ? [bad(`{"external_user_id":"ada","mail":"${mark}"`), bad("{")] : [],
        counts: [
          { route: "crm", kind: "read", key: "", events: events + (index === 0 ? 2 : 0) },
          { route: "audit", kind: "read", key: "", events: index === 0 ? 2 : 0 }
        ]
      })
      kept.push({ parcel: parcel!.sequence, events })
    }
    const dead = [{ position: 0, reason: "bad-request", detail: "" }]
    const settle = ({ parcel, events }: Kept, delivered: ReadonlyArray<number>) =>
      outbox.settle([{ parcel, delivered, dead: events > 5 ? dead : [], attempts: 1, at: 0 }])
    // Out of order, so that pages are divided and joined.
    for (const one of kept.splice(round % 5, 3)) yield* settle(one, all(one.events))
    for (const one of kept.slice(-2)) yield* settle(one, all(Math.floor(one.events / 2)))
  }
})

/** What an exporter asks of the outbox to erase the person, but for the end. */
export const eraseHalf = Effect.fnUntraced(function* (outbox: Outbox["Service"]) {
  yield* outbox.erase("hash of ada", 1)
  for (const { sequence, records, attempts } of yield* outbox.take(ios, 0, 100_000_000)) {
    const positions = all(records.ends.length).filter(isTheirs)
    const erased = { positions, reason: "user" }
    yield* outbox.settle([{ parcel: sequence, delivered: [], dead: [], erased, attempts, at: 0 }])
  }
  const letters = yield* DeadLetters.all(outbox)
  const theirs = letters.filter(({ record }) => Buffer.from(record).includes(mark))
  yield* outbox.purge(
    theirs.map(({ id }) => id),
    "user"
  )
})

export const erase = (outbox: Outbox["Service"]) => Effect.andThen(eraseHalf(outbox), outbox.scrub)

/** The files of a directory in which any part of the person's events stands. */
export const traces = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory)
    .filter((name) => statSync(join(directory, name)).isFile())
    .filter((name) => {
      const bytes = readFileSync(join(directory, name))
      return [mark, mark.slice(0, 8), '"ada"'].some((part) => bytes.includes(part))
    })
