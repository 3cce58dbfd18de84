import * as Ledger from "@millrace/core/Ledger"
import * as Schema from "effect/Schema"

/** The lanes that random histories use, by index. */
export const lanes = [
  { route: "crm", lane: "ios" },
  { route: "crm", lane: "web" },
  { route: "audit", lane: "ios" }
] as const

const small = (most: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: most }))
const positions = Schema.Array(small(11)).check(Schema.isMaxLength(6))

/** One step of a random history. Indices name lanes and earlier parcels, so that any history makes sense. */
const Step = Schema.Union([
  Schema.TaggedStruct("Append", { lane: small(2), events: small(9), bad: small(2) }),
  Schema.TaggedStruct("Settle", { parcel: small(20), delivered: positions, dead: positions }),
  Schema.TaggedStruct("Overtaken", { lane: small(2) }),
  Schema.TaggedStruct("Reopen", {})
])

/** A random history. */
export const History = Schema.Array(Step).check(Schema.isMaxLength(40))

type Fate = "waiting" | "delivered" | "dead"

interface ModelParcel {
  readonly sequence: number
  readonly lane: number
  readonly fates: Array<Fate>
}

/** What an outbox must answer, told the long way: the fate of every event ever appended. */
export interface Model {
  readonly parcels: Array<ModelParcel>
  readonly bad: Array<string>
}

export const make = (): Model => ({ parcels: [], bad: [] })

export const append = (model: Model, lane: number, sequence: number, events: number, bad: number): void => {
  model.parcels.push({ sequence, lane, fates: new Array<Fate>(events).fill("waiting") })
  for (let i = 0; i < bad; i++) model.bad.push(lanes[lane]!.route)
}

export const settle = (
  { fates }: ModelParcel,
  delivered: ReadonlyArray<number>,
  dead: ReadonlyArray<number>
): void => {
  for (const position of delivered) if (fates[position] === "waiting") fates[position] = "delivered"
  for (const position of dead) if (fates[position] === "waiting") fates[position] = "dead"
}

export const ledger = (model: Model): Ledger.Ledger =>
  Ledger.fromCounts([
    ...model.parcels.flatMap(({ lane: index, fates }) => {
      const { route, lane } = lanes[index]!
      return fates.flatMap((fate) => [
        { route, kind: "read" as const, key: "", events: 1 },
        { route, kind: fate, key: fate === "dead" ? "bad-request" : lane, events: 1 }
      ])
    }),
    ...model.bad.flatMap((route) => [
      { route, kind: "read" as const, key: "", events: 1 },
      { route, kind: "dead" as const, key: "malformed", events: 1 }
    ])
  ])

/** Of each parcel of the lane that still waits, its sequence and the positions that do, oldest first. */
export const waiting = (model: Model, index: number) =>
  model.parcels
    .filter(({ lane, fates }) => lane === index && fates.includes("waiting"))
    .map(({ sequence, fates }) => ({
      sequence,
      waiting: Array.from(fates.keys()).filter((position) => fates[position] === "waiting")
    }))
