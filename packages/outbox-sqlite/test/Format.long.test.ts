import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import * as Bitmap from "@millrace/core/Bitmap"
import * as DeadLetters from "@millrace/core/DeadLetters"
import * as Ledger from "@millrace/core/Ledger"
import { Outbox } from "@millrace/core/Outbox"
import { OutboxSqlite } from "@millrace/outbox-sqlite"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** A state directory as a release left it: see `fixtures/`. */
const stateOf = (format: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = mkdtempSync(join(tmpdir(), "millrace-format-"))
      const packed = readFileSync(join(import.meta.dirname, "fixtures", format, "outbox.db.gz"))
      writeFileSync(join(directory, "outbox.db"), gunzipSync(packed))
      return directory
    }),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
  )

describe("an outbox written by an earlier release", () => {
  it.live.each(["format-1", "format-2", "format-3", "format-4", "format-5", "format-6", "format-7"])(
    "is sound, opens and drains: %s",
    (format) =>
      Effect.gen(function* () {
        const directory = yield* stateOf(format)
        yield* OutboxSqlite.check({ directory })
        expect((yield* OutboxSqlite.verify({ directory })).problems).toEqual([])
        yield* Effect.gen(function* () {
          const outbox = yield* Outbox
          const before = yield* outbox.ledger
          expect(Ledger.imbalance(before)).toEqual([])
          expect(Ledger.total(before, "waiting")).toBe(165)
          // Nobody has looked for its splits so far.
          const { splits } = yield* outbox.splits("default", 0, undefined)
          expect(splits.map(({ day }) => day)).toEqual(splits.map(() => 0))
          for (const { split } of splits) {
            expect(Option.isSome(yield* outbox.checkpoint("default", split))).toBe(true)
          }
          expect(splits.length).toBeGreaterThan(0)
          for (const lane of yield* outbox.lanes) {
            expect(lane.bytes).toBeGreaterThan(0)
            for (const { sequence, records, settled } of yield* outbox.take(lane, 0, 10_000_000)) {
              const delivered = [...records.ends.keys()].filter((position) => !Bitmap.has(settled, position))
              yield* outbox.settle([{ parcel: sequence, delivered, dead: [], attempts: 1, at: 0 }])
            }
          }
          expect((yield* outbox.lanes).every(({ bytes }) => bytes === 0)).toBe(true)
          const letters = yield* DeadLetters.all(outbox)
          expect(
            yield* outbox.purge(
              letters.map(({ id }) => id),
              "purged"
            )
          ).toBe(3)
        }).pipe(Effect.provide(OutboxSqlite.layer({ directory })))
        // And again, now in today's format.
        const after = yield* Outbox.use((outbox) => outbox.ledger).pipe(
          Effect.provide(OutboxSqlite.layerInThread({ directory }))
        )
        expect(Ledger.imbalance(after)).toEqual([])
        expect(Ledger.total(after, "waiting")).toBe(0)
        expect(Ledger.total(after, "delivered")).toBe(165)
        expect((yield* OutboxSqlite.verify({ directory })).problems).toEqual([])
      }).pipe(Effect.scoped)
  )
})
