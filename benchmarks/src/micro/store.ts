/** The outbox by itself: chunks of four parcels with some ninety events each, stored, taken and settled. */
import { Codec, Outbox } from "@millrace/core"
import * as Effect from "effect/Effect"
import { outbox } from "../subjects/exporter.ts"
import { given } from "../subjects/given.ts"
import { chunks, type Recorded } from "./chunks.ts"
import { cpu, rest } from "./cpu.ts"

/** Microseconds of CPU per event. */
export interface Costs {
  readonly append: number
  readonly take: number
  readonly settle: number
}

const route = "benchmark"
const lanes = ["ios", "android", "web", "unbound"]
/** Bytes read back at a time, and settlements under way at once, as in the engine. */
const takeBytes = 1024 * 1024
const underWay = 16

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

/** Memory of its own for each round: the store may keep it. */
const appendingOf = ({ records, split = "", checkpoint = "" }: Recorded): Outbox.Appending => {
  const { length } = records.ends
  const parts = lanes.map((lane, index) => ({
    lane,
    positions: range(Math.floor((index * length) / 4), Math.floor(((index + 1) * length) / 4))
  }))
  return {
    origin: { source: "default", split, position: checkpoint },
    at: Date.now(),
    parcels: parts
      .filter(({ positions }) => positions.length > 0)
      .map(({ lane, positions }) => ({ route, lane, records: Codec.select(records, positions) })),
    buried: [],
    counts: [{ route, kind: "read", key: "", events: length }]
  }
}

const round = Effect.fnUntraced(function* (store: Outbox.Outbox["Service"], read: ReadonlyArray<Recorded>) {
  const events = read.reduce((sum, { records }) => sum + records.ends.length, 0)
  const context = yield* Effect.context<never>()
  const timed = (work: Effect.Effect<unknown, Outbox.OutboxError>) =>
    Effect.promise(async () => {
      await rest()
      return (await cpu(async () => void (await Effect.runPromiseWith(context)(work)))) / events
    })

  const entries = read.map(appendingOf)
  const append = yield* timed(Effect.forEach(entries, store.append, { discard: true }))

  const settlements: Array<Outbox.Settlement> = []
  const take = yield* timed(
    Effect.forEach(
      lanes,
      Effect.fnUntraced(function* (lane) {
        for (let after = 0; ; ) {
          const parcels = yield* store.take({ route, lane }, after, takeBytes)
          if (parcels.length === 0) return
          for (const { records, sequence } of parcels) {
            after = sequence
            settlements.push({
              parcel: sequence,
              delivered: range(0, records.ends.length),
              dead: [],
              attempts: 1,
              at: Date.now()
            })
          }
        }
      })
    )
  )
  const settle = yield* timed(
    Effect.forEach(settlements, (settlement) => store.settle([settlement]), {
      concurrency: underWay,
      discard: true
    })
  )
  return { append, take, settle } satisfies Costs
})

/** So many rounds on one store, after one to get warm. */
export const storing: (rounds: number) => Promise<ReadonlyArray<Costs>> = Effect.fnUntraced(
  function* (rounds: number) {
    const store = yield* Outbox.Outbox
    const read = yield* Effect.promise(() => chunks(given.input))
    yield* round(store, read)
    return yield* Effect.forEach(range(0, rounds), () => round(store, read))
  },
  Effect.provide(outbox),
  (storing) => Effect.runPromise(storing)
)
