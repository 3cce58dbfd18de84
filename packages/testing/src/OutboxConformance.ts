/**
 * The suite that every outbox passes: one list of what the port promises.
 *
 * @since 1.0.0
 */

import { describe, expect, it } from "@effect/vitest"
import * as DeadLetters from "@millrace/core/DeadLetters"
import { rawLimit } from "@millrace/core/Intake"
import * as Ledger from "@millrace/core/Ledger"
import { Outbox, type OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import {
  advancing,
  auditIos,
  buried,
  chunk,
  dead,
  ios,
  parcel,
  records,
  settlement,
  texts,
  waiting,
  web
} from "./internal/outboxEntries.ts"
import { deadLetterPromises } from "./internal/outboxLetters.ts"
import * as Model from "./internal/outboxModel.ts"
import * as OutboxOwner from "./internal/outboxOwner.ts"
import { roomPromises } from "./internal/outboxRoom.ts"
import { followSeen, type Seen, SeenHistory } from "./internal/outboxSeen.ts"
import { splitPromises } from "./internal/outboxSplits.ts"

/**
 * An outbox to be tested.
 *
 * @since 1.0.0
 * @category testing
 */
export interface OutboxUnderTest {
  /**
   * Run once for each test, for an empty place of its own, limited to so many bytes where they are given. Building the
   * layer again opens the same place again.
   */
  readonly layer: (bytes?: number) => Effect.Effect<Layer.Layer<Outbox, OutboxError>, never, Scope.Scope>
  /** Whether the place outlives the layer. Where it does, the store is closed and opened again between the steps. */
  readonly durable: boolean
}

type Store = OutboxOwner.Owner
/** Where a test stores, and the tracks of what it has stored there. */
interface Place {
  readonly layer: Layer.Layer<Outbox, OutboxError>
  readonly homes: OutboxOwner.Homes
}

type Step = (outbox: Store) => Effect.Effect<unknown, unknown, Scope.Scope>

/**
 * Declares the tests of an outbox, under its name.
 *
 * @since 1.0.0
 * @category testing
 */
export const outboxConformance = (name: string, under: OutboxUnderTest): void => {
  const session = Effect.fnUntraced(function* <A, E>(
    { layer, homes }: Place,
    use: (outbox: Store) => Effect.Effect<A, E, Scope.Scope>
  ) {
    const scope = yield* Scope.Scope
    const built = yield* Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), scope)
    const owner = Effect.flatMap(Outbox, (outbox) => OutboxOwner.of(outbox, homes))
    return yield* Effect.provide(Effect.flatMap(owner, use), built)
  }, Effect.scoped)

  const place = (bytes?: number): Effect.Effect<Place, never, Scope.Scope> =>
    Effect.map(under.layer(bytes), (layer) => ({ layer, homes: new Map() }))

  /** A promise, told in steps: where the outbox is durable, each step sees it opened anew. */
  const promises = (promise: string, ...steps: ReadonlyArray<Step>) =>
    it.effect(promise, () =>
      Effect.gen(function* () {
        const at = yield* place()
        const sessions: ReadonlyArray<Step> = under.durable
          ? steps
          : [(outbox) => Effect.forEach(steps, (step) => step(outbox), { discard: true })]
        for (const step of sessions) yield* session(at, step)
      })
    )

  describe(name, () => {
    describe("append", () => {
      promises(
        "keeps a chunk's parcels, buried records, counts and checkpoint together",
        (outbox) => {
          const entry = chunk([parcel(ios, "a", "b"), parcel(web, "c")], { buried: [buried("{", ["crm"])] })
          const filtered = { route: "crm", kind: "filtered", key: "not-selected", events: 3 } as const
          const read = { route: "crm", kind: "read", key: "", events: 3 } as const
          return outbox.append(
            advancing({ ...entry, counts: [...entry.counts, filtered, read] }, undefined, "10")
          )
        },
        Effect.fnUntraced(function* (outbox) {
          expect((yield* outbox.take(ios, 0, 1_000)).map(({ records }) => texts(records))).toEqual([
            ["a", "b"]
          ])
          expect((yield* outbox.take(web, 0, 1_000)).map(({ records }) => texts(records))).toEqual([["c"]])
          expect(yield* DeadLetters.all(outbox.store)).toHaveLength(1)
          expect(yield* outbox.checkpoint("default", "a.ndjson")).toEqual(Option.some("10"))
          expect(yield* outbox.ledger).toEqual({
            routes: {
              crm: {
                read: 7,
                filtered: { "not-selected": 3 },
                skipped: {},
                delivered: {},
                waiting: { ios: 2, web: 1 },
                dead: { malformed: 1 }
              }
            }
          })
        })
      )

      promises(
        "gives every parcel a sequence beyond all earlier ones, also when nothing is left of those",
        Effect.fnUntraced(function* (outbox) {
          const [first, second] = yield* outbox.append(chunk([parcel(ios, "a"), parcel(web, "b")]))
          const [third] = yield* outbox.append(chunk([parcel(ios, "c")]))
          expect([first, second, third]).toEqual([1, 2, 3])
          yield* outbox.settle([1, 2, 3].map((sequence) => settlement(sequence, { delivered: [0] })))
        }),
        Effect.fnUntraced(function* (outbox) {
          expect(yield* outbox.append(chunk([parcel(web, "d")]))).toEqual([4])
          expect(yield* outbox.take(ios, 0, 1_000)).toEqual([])
        })
      )

      promises(
        "refuses a reader that was overtaken and keeps nothing of its chunk, which may be tried again",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(advancing(chunk([parcel(ios, "a")]), undefined, "10"))
          const before = yield* outbox.ledger
          const late = chunk([parcel(ios, "b"), parcel(web, "c")], { buried: [buried("{", ["crm"])] })
          for (const after of [undefined, "9"]) {
            const error = yield* Effect.flip(outbox.append(advancing(late, after, "20")))
            expect(error.reason).toBe("Overtaken")
            expect(error.detail).toContain("a.ndjson")
          }
          expect(yield* outbox.ledger).toEqual(before)
          expect(yield* DeadLetters.all(outbox.store)).toEqual([])
          expect(yield* outbox.take(ios, 0, 1_000)).toHaveLength(1)
          expect(yield* outbox.take(web, 0, 1_000)).toEqual([])
          expect(yield* outbox.checkpoint("default", "a.ndjson")).toEqual(Option.some("10"))
          yield* outbox.append(advancing(late, "10", "20"))
        }),
        Effect.fnUntraced(function* (outbox) {
          expect(yield* outbox.checkpoint("default", "a.ndjson")).toEqual(Option.some("20"))
          const [, second] = yield* outbox.take(ios, 0, 1_000)
          expect(second && texts(second.records)).toEqual(["b"])
          expect(Ledger.imbalance(yield* outbox.ledger)).toEqual([])
        })
      )

      promises(
        "lets one of several readers of a split win, and fails none of its neighbours",
        Effect.fnUntraced(function* (outbox) {
          const readers = Array.from({ length: 8 }, (_, i) =>
            advancing(chunk([parcel(ios, `reader ${i}`)]), undefined, `${i}`)
          )
          const neighbours = Array.from({ length: 8 }, (_, i) => chunk([parcel(web, `neighbour ${i}`)]))
          const exits = yield* Effect.forEach(
            readers.flatMap((reader, i) => [reader, neighbours[i]!]),
            (entry) => Effect.exit(outbox.append(entry)),
            { concurrency: "unbounded" }
          )
          expect(exits.filter((exit) => exit._tag === "Failure")).toHaveLength(7)
          expect(yield* outbox.take(ios, 0, 10_000)).toHaveLength(1)
          expect(yield* outbox.take(web, 0, 10_000)).toHaveLength(8)
          expect(Ledger.imbalance(yield* outbox.ledger)).toEqual([])
        })
      )

      promises(
        "keeps checkpoints by source and split",
        Effect.fnUntraced(function* (outbox) {
          const of = (source: string, split: string) => chunk([], { origin: { source, split, position: "" } })
          yield* outbox.append(advancing(of("one", "x"), undefined, "1"))
          yield* outbox.append(advancing(of("one", "y"), undefined, "2"))
          yield* outbox.append(advancing(of("two", "x"), undefined, "3"))
          yield* outbox.append(advancing(of("two", "x"), "3", "4"))
        }),
        Effect.fnUntraced(function* (outbox) {
          expect(yield* outbox.checkpoint("one", "x")).toEqual(Option.some("1"))
          expect(yield* outbox.checkpoint("one", "y")).toEqual(Option.some("2"))
          expect(yield* outbox.checkpoint("two", "x")).toEqual(Option.some("4"))
          expect(yield* outbox.checkpoint("two", "y")).toEqual(Option.none())
        })
      )

      promises(
        "has room at first",
        Effect.fnUntraced(function* (outbox) {
          expect(yield* outbox.full).toBe(false)
          yield* outbox.room
        })
      )
    })

    roomPromises((bytes, use) => Effect.flatMap(place(bytes), (at) => session(at, use)))

    describe("seen", () => {
      it.effect.prop(
        "tells exactly the ids that were remembered since, whatever is forgotten",
        { history: SeenHistory },
        ({ history }) =>
          Effect.gen(function* () {
            const model: Seen = { times: new Map(), now: 0, forgotten: 0 }
            const at = yield* place()
            for (const steps of sessionsOf(history, under.durable)) {
              yield* session(at, (outbox) => followSeen(outbox, model, steps))
            }
          }),
        { arbitrary: { runs: 8, seed: "seen" }, timeout: 15 * 60_000 }
      )

      promises(
        "forgets in small steps, as appends go on",
        (outbox) => {
          const remember = Array.from({ length: 1_000 }, (_, i) => `id ${i}`)
          return outbox.append(chunk([], { at: 1_000, remember }))
        },
        Effect.fnUntraced(function* (outbox) {
          for (let i = 0; i < 100; i++) yield* outbox.append(chunk([], { at: 2_000 + i, forget: 1_001 }))
          const remember = Array.from({ length: 1_000 }, (_, i) => `id ${i}`)
          expect(yield* outbox.seen(remember, 0)).toEqual(new Set())
        })
      )
    })

    describe("take", () => {
      promises(
        "gives a parcel back as it came: records, codec, parameter, origin and time",
        (outbox) => {
          const origin = { source: "export", split: "b/7.avro", position: "4096" }
          const same = records(["größer", "", "[1]"], "braze-avro/1", '{"type":"record"}')
          return outbox.append(
            chunk(
              [
                { ...ios, records: same },
                { ...auditIos, records: same },
                { ...ios, records: records(["b"], "event/1") }
              ],
              { origin, at: 1_700_000_000_000 }
            )
          )
        },
        Effect.fnUntraced(function* (outbox) {
          const expected = {
            records: records(["größer", "", "[1]"], "braze-avro/1", '{"type":"record"}'),
            origin: { source: "export", split: "b/7.avro", position: "4096" },
            appendedAt: 1_700_000_000_000,
            settled: new Uint8Array([0]),
            attempts: 0,
            damaged: false
          }
          expect(yield* outbox.take(ios, 0, 0)).toEqual([{ ...expected, sequence: 1 }])
          expect(yield* outbox.take(auditIos, 0, 0)).toEqual([{ ...expected, sequence: 2 }])
          const [other] = yield* outbox.take(ios, 1, 0)
          expect(other?.records).toEqual(records(["b"], "event/1"))
        })
      )

      promises(
        "reads forward by bytes, oldest first: at least one parcel, more while they fit; and removes nothing",
        (outbox) =>
          Effect.forEach(["1111111111", "22222", "33333", "44444"], (text) =>
            outbox.append(chunk([parcel(ios, text)]))
          ),
        Effect.fnUntraced(function* (outbox) {
          const sequences = (after: number, bytes: number) =>
            Effect.map(outbox.take(ios, after, bytes), (parcels) => parcels.map(({ sequence }) => sequence))
          expect(yield* sequences(0, 1)).toEqual([1])
          expect(yield* sequences(0, 14)).toEqual([1])
          expect(yield* sequences(0, 15)).toEqual([1, 2])
          expect(yield* sequences(0, 1_000)).toEqual([1, 2, 3, 4])
          expect(yield* sequences(1, 10)).toEqual([2, 3])
          expect(yield* sequences(3, 1_000)).toEqual([4])
          expect(yield* sequences(4, 1_000)).toEqual([])
          yield* outbox.settle([settlement(2, { delivered: [0] })])
          expect(yield* sequences(0, 1_000)).toEqual([1, 3, 4])
        })
      )

      promises(
        "keeps lanes apart, and routes",
        Effect.fnUntraced(function* (outbox) {
          const [first] = yield* outbox.append(
            chunk([parcel(ios, "a"), parcel(web, "b"), parcel(auditIos, "c")])
          )
          yield* outbox.settle([settlement(first!, { delivered: [0] })])
          yield* outbox.setGate(web, { open: false, reason: "paused", since: 5, notBefore: 0 })
          expect(yield* outbox.take(ios, 0, 1_000)).toEqual([])
          expect((yield* outbox.take(web, 0, 1_000)).map(({ records }) => texts(records))).toEqual([["b"]])
          expect((yield* outbox.take(auditIos, 0, 1_000)).map(({ records }) => texts(records))).toEqual([
            ["c"]
          ])
          expect(yield* outbox.take({ route: "none", lane: "ios" }, 0, 1_000)).toEqual([])
          const { routes } = yield* outbox.ledger
          expect(routes["crm"]?.delivered).toEqual({ ios: 1 })
          expect(routes["audit"]?.waiting).toEqual({ ios: 1 })
        })
      )
    })

    describe("settle", () => {
      promises(
        "keeps a part settled and the attempts made on the rest",
        Effect.fnUntraced(function* (outbox) {
          const events = Array.from({ length: 19 }, (_, i) => `${i}`)
          yield* outbox.append(chunk([parcel(ios, ...events)]))
          yield* outbox.settle([settlement(1, { delivered: [0, 3, 8], dead: [dead(17)], attempts: 2 })])
          yield* outbox.settle([settlement(1, { delivered: [18], attempts: 3 })])
        }),
        Effect.fnUntraced(function* (outbox) {
          const [kept] = yield* outbox.take(ios, 0, 1_000)
          expect(kept && waiting(kept)).toEqual([1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16])
          expect(kept?.attempts).toBe(3)
          yield* outbox.settle([settlement(1, { attempts: 9 })])
        }),
        Effect.fnUntraced(function* (outbox) {
          const [kept] = yield* outbox.take(ios, 0, 1_000)
          expect(kept && waiting(kept)).toHaveLength(14)
          expect(kept?.attempts).toBe(9)
        })
      )

      promises(
        "counts an event once, however often and in whatever way it is settled",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(chunk([parcel(ios, "a", "b", "c")]))
          yield* outbox.settle([settlement(1, { delivered: [0, 0], dead: [dead(0), dead(1), dead(1)] })])
          yield* outbox.settle([
            settlement(1, { delivered: [0, 1] }),
            settlement(1, { dead: [dead(0), dead(1)] })
          ])
        }),
        Effect.fnUntraced(function* (outbox) {
          const { routes } = yield* outbox.ledger
          expect(routes["crm"]).toMatchObject({
            delivered: { ios: 1 },
            waiting: { ios: 1 },
            dead: { "bad-request": 1 }
          })
          expect(yield* DeadLetters.all(outbox.store)).toHaveLength(1)
        })
      )

      promises(
        "lets go of a parcel when all its events are settled, and passes over settlements of what is gone",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(chunk([parcel(ios, "a", "b")]))
          yield* outbox.settle([settlement(1, { delivered: [0] }), settlement(1, { dead: [dead(1)] })])
          expect(yield* outbox.take(ios, 0, 1_000)).toEqual([])
        }),
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.settle([settlement(1, { delivered: [0, 1] }), settlement(99, { delivered: [0] })])
          expect(yield* outbox.take(ios, 0, 1_000)).toEqual([])
          expect(yield* outbox.ledger).toMatchObject({
            routes: { crm: { read: 2, delivered: { ios: 1 }, waiting: {}, dead: { "bad-request": 1 } } }
          })
        })
      )

      promises(
        "passes over positions that a parcel does not have",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(chunk([parcel(ios, "a", "b")]))
          yield* outbox.settle([settlement(1, { delivered: [0, 2, 7, 8, -1], dead: [dead(5)] })])
          expect((yield* outbox.ledger).routes["crm"]).toMatchObject({
            delivered: { ios: 1 },
            waiting: { ios: 1 },
            dead: {}
          })
        })
      )
    })

    describe("dead letters", () => {
      promises(
        "come back to life in an append, once",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(chunk([{ ...ios, records: records(["a", "b", "c"]) }]))
          yield* outbox.settle([settlement(1, { dead: [dead(0, "expired", ""), dead(2, "expired", "")] })])
        }),
        Effect.fnUntraced(function* (outbox) {
          const letters = yield* DeadLetters.all(outbox.store)
          const revives = letters.map(({ id }) => id)
          yield* outbox.append(chunk([{ ...ios, records: records(["a", "c"]) }], { revives }))
          // Ids that are gone are passed over.
          yield* outbox.append(chunk([], { revives }))
        }),
        Effect.fnUntraced(function* (outbox) {
          expect(yield* DeadLetters.all(outbox.store)).toEqual([])
          const { routes } = yield* outbox.ledger
          expect(routes[ios.route]?.waiting).toEqual({ [ios.lane]: 3 })
          expect(routes[ios.route]?.dead).toEqual({})
        })
      )

      promises(
        "are purged for good and counted as erased, and so are events that wait",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(
            chunk([{ ...ios, records: records(["a", "b", "c"]) }], {
              buried: [buried("bad", [ios.route, "audit"])]
            })
          )
          yield* outbox.settle([
            settlement(1, { dead: [dead(0, "expired", "")] }),
            { ...settlement(1, {}), erased: { positions: [0, 1], reason: "user" } }
          ])
        }),
        Effect.fnUntraced(function* (outbox) {
          const letters = yield* DeadLetters.all(outbox.store)
          const first = letters.filter(({ route }) => route === "audit").map(({ id }) => id)
          expect(yield* outbox.purge([...first, 999], "purged")).toBe(1)
          // The other route still holds the bytes that both shared.
          const left = yield* DeadLetters.all(outbox.store)
          expect(left.map(({ record }) => new TextDecoder().decode(record))).toContain("bad")
          expect(
            yield* outbox.purge(
              left.map(({ id }) => id),
              "purged"
            )
          ).toBe(2)
        }),
        Effect.fnUntraced(function* (outbox) {
          expect(yield* DeadLetters.all(outbox.store)).toEqual([])
          const { routes } = yield* outbox.ledger
          expect(routes[ios.route]?.waiting).toEqual({ [ios.lane]: 1 })
          expect(routes[ios.route]?.erased).toEqual({ purged: 2, user: 1 })
          expect(routes["audit"]?.erased).toEqual({ purged: 1 })
        })
      )

      promises(
        "and events are blank once they are erased, also those that were settled before, and others are as they were",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(
            chunk([{ ...ios, records: records(["mine", "other", "and mine", "last"]) }], {
              buried: [buried("bad", [ios.route])]
            })
          )
          yield* outbox.settle([settlement(1, { delivered: [0], attempts: 3 })])
          yield* outbox.settle([
            { ...settlement(1, { attempts: 3 }), erased: { positions: [0, 2, 9], reason: "user" } }
          ])
        }),
        Effect.fnUntraced(function* (outbox) {
          const [kept] = yield* outbox.take(ios, 0, 1_000)
          expect(kept && texts(kept.records)).toEqual(["\0".repeat(4), "other", "\0".repeat(8), "last"])
          expect(kept && waiting(kept)).toEqual([1, 3])
          expect(kept?.damaged).toBe(false)
          expect(kept?.attempts).toBe(3)
          const { routes } = yield* outbox.ledger
          expect(routes[ios.route]).toMatchObject({ delivered: { ios: 1 }, erased: { user: 1 } })
        })
      )

      promises(
        "stay when a store is scrubbed, as do users that were erased, by the latest time, and the key of their hashes",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(
            chunk([parcel(ios, "a", "b")], { buried: [buried("bad", [ios.route])], remember: ["one"] })
          )
          yield* outbox.setGate(ios, { open: false, reason: "paused", since: 5, notBefore: 0 })
          const { key, users } = yield* outbox.erasures
          expect(users.size).toBe(0)
          expect(key.length).toBeGreaterThan(20)
          yield* outbox.erase("first", 10)
          yield* outbox.erase("second", 10)
          yield* outbox.erase("first", 30)
          const before = yield* state(outbox)
          yield* outbox.scrub
          expect(yield* state(outbox)).toEqual(before)
          expect(yield* outbox.append(chunk([parcel(ios, "c")]))).toEqual([2])
          expect((yield* outbox.erasures).key).toBe(key)
        }),
        Effect.fnUntraced(function* (outbox) {
          const { users } = yield* outbox.erasures
          expect([...users].sort()).toEqual([
            ["first", 30],
            ["second", 10]
          ])
          expect(yield* outbox.take(ios, 0, 1_000)).toHaveLength(2)
          expect(yield* DeadLetters.all(outbox.store)).toHaveLength(1)
        })
      )

      promises(
        "hold the record with its origin, codec, reason, detail, attempts and time",
        Effect.fnUntraced(function* (outbox) {
          const origin = { source: "export", split: "b/7.avro", position: "4096" }
          const stored = records(["first", "größer", "last"], "braze-avro/1", "schema")
          yield* outbox.append(chunk([{ ...ios, records: stored }], { origin }))
          const rejected = dead(1, "too-large", "413: entity too large")
          yield* outbox.settle([
            settlement(1, { delivered: [0, 2], dead: [rejected], attempts: 4, at: 7_000 })
          ])
        }),
        Effect.fnUntraced(function* (outbox) {
          const record = new TextEncoder().encode("größer")
          expect(yield* DeadLetters.all(outbox.store)).toEqual([
            {
              id: 1,
              ...ios,
              reason: "too-large",
              detail: "413: entity too large",
              attempts: 4,
              at: 7_000,
              origin: { source: "export", split: "b/7.avro", position: "4096" },
              record,
              codec: "braze-avro/1",
              parameter: "schema",
              length: record.length,
              kept: record.length
            }
          ])
        })
      )

      promises(
        "hold a record buried at the intake, one for each of its routes",
        (outbox) => {
          const record = new TextEncoder().encode('{"half":')
          const failed = { ...buried("{}", ["crm"]), reason: "defect", codec: "event/1", parameter: "p" }
          return outbox.append(chunk([], { buried: [{ ...buried("", ["crm", "audit"]), record }, failed] }))
        },
        Effect.fnUntraced(function* (outbox) {
          const letters = yield* DeadLetters.all(outbox.store)
          const record = new TextEncoder().encode('{"half":')
          const origin = { source: "default", split: "a.ndjson", position: "" }
          const detail = "line 12: not JSON"
          const rest = { lane: "", detail, attempts: 0, at: 1_000, origin }
          const bad = { ...rest, reason: "malformed", record, codec: "", parameter: "", length: 8, kept: 8 }
          expect(letters).toEqual([
            { ...bad, id: letters[0]?.id, route: "crm" },
            { ...bad, id: letters[1]?.id, route: "audit" },
            {
              ...rest,
              id: letters[2]?.id,
              route: "crm",
              reason: "defect",
              record: new TextEncoder().encode("{}"),
              codec: "event/1",
              parameter: "p",
              length: 2,
              kept: 2
            }
          ])
          expect(yield* outbox.ledger).toMatchObject({
            routes: {
              crm: { read: 2, dead: { malformed: 1, defect: 1 } },
              audit: { read: 1, dead: { malformed: 1 } }
            }
          })
        })
      )

      promises(
        "keep the first 1 MiB of a larger buried record, with its length and digest",
        (outbox) => {
          const of = (size: number) => ({ ...buried("", ["crm"]), record: new Uint8Array(size).fill(120) })
          return outbox.append(chunk([], { buried: [of(rawLimit), of(rawLimit + 3)] }))
        },
        Effect.fnUntraced(function* (outbox) {
          const [whole, cut] = yield* DeadLetters.all(outbox.store)
          expect(whole).toMatchObject({ length: rawLimit, detail: "line 12: not JSON" })
          expect(whole?.record.length).toBe(rawLimit)
          const digest = "dfc9339ad63a4fa659f7a3566b1d59f4604a724dc93042b2bc8121800f8340e2"
          expect(cut?.detail).toBe(
            `line 12: not JSON (${rawLimit + 3} bytes, sha256 ${digest}, first 1 MiB kept)`
          )
          expect(cut?.length).toBe(rawLimit + 3)
          expect(cut?.record.length).toBe(rawLimit)
        })
      )
    })

    deadLetterPromises(promises)
    splitPromises(promises)

    describe("compositions", () => {
      const composed = (id: string, ...members: ReadonlyArray<readonly [number, number]>) => ({
        id,
        members: members.map(([parcel, position]) => ({ parcel, position }))
      })

      promises(
        "are kept until the last member is settled, and name those that are not",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(chunk([parcel(ios, "a", "b"), parcel(ios, "c", "d")]))
          yield* outbox.compose(ios, [composed("x", [1, 0], [2, 0]), composed("y", [2, 1], [1, 1])], [])
          yield* outbox.append(chunk([parcel(web, "e", "f", "g"), parcel(web, "h", "i")]))
          yield* outbox.compose(web, [composed("z", [4, 1], [3, 2], [3, 0], [4, 0], [3, 1])], [])
          yield* outbox.settle([
            settlement(1, { delivered: [0, 1] }),
            settlement(3, { delivered: [0], dead: [dead(1)] })
          ])
        }),
        Effect.fnUntraced(function* (outbox) {
          // The settled parcel is gone for good.
          expect(sorted(yield* outbox.compositions(ios))).toEqual([
            composed("x", [2, 0]),
            composed("y", [2, 1])
          ])
          yield* outbox.settle([settlement(2, { delivered: [0] })])
          expect(yield* outbox.compositions(ios)).toEqual([composed("y", [2, 1])])
          expect(yield* outbox.compositions(web)).toEqual([composed("z", [4, 1], [3, 2], [4, 0])])
        }),
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.settle([settlement(2, { dead: [dead(1)] })])
          expect(yield* outbox.compositions(ios)).toEqual([])
          yield* outbox.compose(ios, [composed("late", [1, 0], [2, 0])], [])
          expect(yield* outbox.compositions(ios)).toEqual([])
        })
      )

      promises(
        "take the place of those they replace, lane by lane",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(chunk([parcel(ios, "a", "b", "c", "d"), parcel(web, "e", "f")]))
          yield* outbox.compose(ios, [composed("whole", [1, 0], [1, 1], [1, 2], [1, 3])], [])
          yield* outbox.compose(web, [composed("whole", [2, 0], [2, 1])], [])
          yield* outbox.compose(
            ios,
            [composed("left", [1, 0], [1, 1]), composed("right", [1, 2], [1, 3])],
            ["whole", "none"]
          )
          yield* outbox.compose(ios, [composed("left", [1, 0], [1, 1])], [])
        }),
        Effect.fnUntraced(function* (outbox) {
          expect(sorted(yield* outbox.compositions(ios))).toEqual([
            composed("left", [1, 0], [1, 1]),
            composed("right", [1, 2], [1, 3])
          ])
          expect(yield* outbox.compositions(web)).toEqual([composed("whole", [2, 0], [2, 1])])
          expect(yield* outbox.compositions(auditIos)).toEqual([])
        })
      )
    })

    describe("lanes", () => {
      const closed = { open: false, reason: "unauthorized", since: 3_000, notBefore: 9_000 }
      const paused = { open: false, reason: "paused", since: 3_500, notBefore: 0, former: closed }

      promises(
        "tell what waits, how many bytes, since when, and the gate, also of lanes where nothing waits",
        Effect.fnUntraced(function* (outbox) {
          yield* outbox.append(chunk([parcel(ios, "a", "b"), parcel(web, "c")], { at: 100 }))
          yield* outbox.append(chunk([parcel(ios, "d"), parcel(auditIos, "e")], { at: 200 }))
          yield* outbox.setGate(ios, closed)
          yield* outbox.setGate({ route: "crm", lane: "gone" }, paused)
          const settled = [settlement(1, { delivered: [0] }), settlement(2, { delivered: [0] })]
          expect(yield* outbox.settle(settled)).toBe(1)
        }),
        Effect.fnUntraced(function* (outbox) {
          const open = { open: true, reason: "", since: 0, notBefore: 0 }
          expect(sorted(yield* outbox.lanes)).toEqual(
            sorted([
              { ...ios, waiting: 2, bytes: 3, oldest: 100, gate: closed },
              { route: "crm", lane: "gone", waiting: 0, bytes: 0, oldest: undefined, gate: paused },
              { ...auditIos, waiting: 1, bytes: 1, oldest: 200, gate: open }
            ])
          )
          const settled = [settlement(1, { delivered: [1] }), settlement(4, { delivered: [0] })]
          expect(yield* outbox.settle(settled)).toBe(3)
          expect(yield* outbox.settle(settled)).toBe(0)
          yield* outbox.setGate(ios, { ...paused, former: open })
          yield* outbox.setGate(ios, { ...open, since: 4_000 })
        }),
        Effect.fnUntraced(function* (outbox) {
          expect(sorted(yield* outbox.lanes)).toEqual(
            sorted([
              {
                ...ios,
                waiting: 1,
                bytes: 1,
                oldest: 200,
                gate: { open: true, reason: "", since: 4_000, notBefore: 0 }
              },
              { route: "crm", lane: "gone", waiting: 0, bytes: 0, oldest: undefined, gate: paused }
            ])
          )
        })
      )
    })

    describe("leases", () => {
      promises(
        "are held by one at a time, each name on its own, until the scope closes",
        Effect.fnUntraced(function* (outbox) {
          const taken = (name: string) => Effect.map(outbox.lease([name], 1), ({ length }) => length === 1)
          yield* Effect.scoped(
            Effect.gen(function* () {
              expect(yield* taken("split a")).toBe(true)
              expect(yield* Effect.scoped(taken("split a"))).toBe(false)
              expect(yield* Effect.scoped(taken("split a"))).toBe(false)
              expect(yield* taken("split b")).toBe(true)
            })
          )
          expect(yield* taken("split a")).toBe(true)
        })
      )

      promises(
        "are taken many at once: those that are free, and no more than asked for",
        Effect.fnUntraced(function* (outbox) {
          const names = ["one", "two", "three", "four"]
          const taken = (most: number) =>
            Effect.map(outbox.lease(names, most), (leases) => leases.map(({ name }) => name))
          const [one] = yield* outbox.lease(["one"], 1)
          expect(yield* taken(2)).toEqual(["two", "three"])
          expect(yield* taken(9)).toEqual(["four"])
          expect(yield* taken(9)).toEqual([])
          yield* one!.release
          expect(yield* taken(9)).toEqual(["one"])
        })
      )
    })

    describe("a scope in which leases are asked for", () => {
      promises(
        "holds nothing of those that were not free, or were given up",
        Effect.fnUntraced(function* (outbox) {
          const scope = yield* Scope.make()
          const left = () => (scope.state._tag === "Open" ? (scope.state.finalizers?.size ?? 0) : 0)
          const leases = yield* Scope.provide(outbox.lease(["one", "two"], 2), scope)
          expect(yield* Scope.provide(outbox.lease(["one", "two"], 2), scope)).toEqual([])
          expect(left()).toBe(1)
          for (const { release } of leases) yield* release
          expect(left()).toBe(0)
        })
      )
    })

    describe("a lease that was given up", () => {
      promises(
        "and taken anew stays with who took it, whatever becomes of the first",
        Effect.fnUntraced(function* (outbox) {
          const first = yield* Scope.make()
          const [lease] = yield* Scope.provide(outbox.lease(["one"], 1), first)
          expect(lease!.isSure()).toBe(true)
          yield* lease!.release
          expect(lease!.isSure()).toBe(false)
          expect(yield* outbox.lease(["one"], 1)).toHaveLength(1)
          yield* lease!.release
          yield* Scope.close(first, Exit.void)
          expect(yield* outbox.lease(["one"], 1)).toEqual([])
        })
      )
    })

    describe("instances", () => {
      promises(
        "are there from when they join until they leave",
        Effect.fnUntraced(function* (outbox) {
          const names = Effect.map(outbox.instances, (found) => found.map(({ name, roles }) => [name, roles]))
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* outbox.join({ name: "first", roles: ["read", "deliver"] })
              expect(yield* names).toEqual([["first", ["read", "deliver"]]])
            })
          )
          expect(yield* names).toEqual([])
        })
      )
    })

    describe("ledger", () => {
      it.effect.prop(
        "balances and tells what waits after any history",
        { history: Model.History },
        ({ history }) =>
          Effect.gen(function* () {
            const model = Model.make()
            const at = yield* place()
            for (const steps of sessionsOf(history, under.durable)) {
              yield* session(at, (outbox) => follow(outbox, model, steps))
            }
          }),
        { arbitrary: { runs: 10, seed: "outbox" }, timeout: 15 * 60_000 }
      )
    })
  })
}

// internal

const sorted = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

type History = (typeof Model.History)["Type"]

const sessionsOf = <Step extends { readonly _tag: string }>(
  history: ReadonlyArray<Step>,
  durable: boolean
): ReadonlyArray<ReadonlyArray<Step>> => {
  const sessions: Array<Array<Step>> = [[]]
  for (const step of history) {
    if (step._tag !== "Reopen") sessions.at(-1)!.push(step)
    else if (durable) sessions.push([])
  }
  return sessions
}

const follow = Effect.fnUntraced(function* (outbox: Store, model: Model.Model, history: History) {
  for (const step of history) {
    switch (step._tag) {
      case "Append": {
        const events = Array.from({ length: step.events + 1 }, (_, i) => `${i}`)
        const { route } = Model.lanes[step.lane]!
        const bad = Array.from({ length: step.bad }, () => buried("{", [route]))
        const [sequence] = yield* outbox.append(
          chunk([parcel(Model.lanes[step.lane]!, ...events)], { buried: bad })
        )
        Model.append(model, step.lane, sequence!, events.length, step.bad)
        break
      }
      case "Settle": {
        const target = model.parcels[step.parcel]
        if (target === undefined) break
        const dying = step.dead.map((position) => dead(position))
        yield* outbox.settle([settlement(target.sequence, { delivered: step.delivered, dead: dying })])
        Model.settle(target, step.delivered, step.dead)
        break
      }
      case "Overtaken": {
        const late = advancing(chunk([parcel(Model.lanes[step.lane]!, "late")]), "never", "further")
        expect((yield* Effect.flip(outbox.append(late))).reason).toBe("Overtaken")
      }
    }
    const ledger = yield* outbox.ledger
    expect(ledger).toEqual(Model.ledger(model))
    expect(Ledger.imbalance(ledger)).toEqual([])
  }
  const states = yield* outbox.lanes
  for (const [index, lane] of Model.lanes.entries()) {
    const parcels = yield* outbox.take(lane, 0, 1_000_000)
    const state = states.find((found) => found.route === lane.route && found.lane === lane.lane)
    expect(state?.bytes ?? 0).toBe(parcels.reduce((sum, { records }) => sum + records.bytes.length, 0))
    expect(parcels.map((taken) => ({ sequence: taken.sequence, waiting: waiting(taken) }))).toEqual(
      Model.waiting(model, index)
    )
  }
  expect(yield* DeadLetters.all(outbox.store)).toHaveLength(Ledger.total(Model.ledger(model), "dead"))
})

/** All that a store tells of itself. */
const state = (outbox: Store) =>
  Effect.all([
    outbox.take(ios, 0, 1_000),
    DeadLetters.all(outbox.store),
    outbox.lanes,
    outbox.ledger,
    outbox.erasures,
    outbox.seen(["one"], 0)
  ])
