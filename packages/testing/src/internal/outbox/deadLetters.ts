import { describe, expect } from "@effect/vitest"
import * as DeadLetters from "@millrace/core/DeadLetters"
import { rawLimit } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import { buried, chunk, dead, ios, parcel, records, settlement, texts, waiting } from "./entries.ts"
import type { Promises, Store } from "./promise.ts"

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

/** The promises of dead letters: how they come to be, and what becomes of them. */
export const deadLetterPromises = (promises: Promises): void => {
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
        yield* outbox.settle([settlement(1, { delivered: [0, 2], dead: [rejected], attempts: 4, at: 7_000 })])
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
}
