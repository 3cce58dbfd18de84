import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import { encodeEvents } from "@millrace/core/Codec"
import * as DeadLetters from "@millrace/core/DeadLetters"
import type { Appending } from "@millrace/core/Outbox"
import { OutboxSqlite } from "@millrace/outbox-sqlite"
import * as Effect from "effect/Effect"
import { child, folder, session } from "./support/place.ts"

const lane = { route: "crm", lane: "main" }

const chunk = (id: string): Appending => ({
  origin: { source: "default", split: "", position: "" },
  at: 0,
  parcels: [{ ...lane, records: encodeEvents([{ id, type: "test", time: 0, user: {}, properties: {} }]) }],
  buried: [],
  counts: [{ route: "crm", kind: "read", key: "", events: 1 }]
})

const append = (directory: string, id: string) =>
  session(OutboxSqlite.layer({ directory }), (outbox) => outbox.append(chunk(id)))
const waiting = (directory: string) =>
  session(OutboxSqlite.layer({ directory }), (outbox) =>
    Effect.map(outbox.ledger, ({ routes }) => routes["crm"]?.waiting["main"] ?? 0)
  )
const refusals = (directory: string) =>
  Effect.forEach(
    [
      Effect.asVoid(append(directory, "after")),
      session(OutboxSqlite.layerInThread({ directory }), () => Effect.void),
      session(OutboxSqlite.layerToRead({ directory }), () => Effect.void),
      OutboxSqlite.check({ directory })
    ],
    Effect.flip
  )

/** A directory whose exporter was killed: what it took last stands in the log alone. */
const killed = Effect.gen(function* () {
  const directory = yield* folder
  const process = yield* child("work", directory)
  yield* process.firstLine
  yield* process.kill
  expect(existsSync(join(directory, "outbox.db-wal"))).toBe(true)
  return directory
})

const fileOf = (directory: string, suffix = "") => join(directory, `outbox.db${suffix}`)

describe("an outbox that is not as it was left", () => {
  it.live.each([
    ["is missing", (directory: string) => rmSync(fileOf(directory))],
    ["is empty", (directory: string) => truncateSync(fileOf(directory))],
    ["an older copy", (directory: string) => cpSync(join(directory, "old"), fileOf(directory))],
    ["another database", (directory: string) => cpSync(join(directory, "other"), fileOf(directory))]
  ] as const)("is refused until an operator accepts it: it %s", ([what, change]) =>
    Effect.gen(function* () {
      const [directory, elsewhere] = [yield* folder, yield* folder]
      for (const id of ["1", "2", "3"]) yield* append(elsewhere, id)
      yield* append(directory, "1")
      cpSync(fileOf(directory), join(directory, "old"))
      cpSync(fileOf(elsewhere), join(directory, "other"))
      yield* append(directory, "2")
      change(directory)
      for (const error of yield* refusals(directory)) {
        expect(error.reason).toBe("Damaged")
        for (const text of [directory, what, "is not as it was left", "millrace outbox accept"]) {
          expect(error.detail).toContain(text)
        }
      }
      yield* OutboxSqlite.accept({ directory })
      yield* append(directory, "again")
      expect(yield* waiting(directory)).toBeGreaterThan(0)
    }).pipe(Effect.scoped)
  )

  it.live("is refused without the log of an exporter that was killed", () =>
    Effect.gen(function* () {
      const directory = yield* killed
      for (const suffix of ["-wal", "-shm"]) rmSync(fileOf(directory, suffix))
      for (const error of [
        ...(yield* refusals(directory)),
        yield* Effect.flip(OutboxSqlite.verify({ directory }))
      ]) {
        expect(error.detail).toContain("outbox.db-wal, is missing")
      }
    }).pipe(Effect.scoped)
  )

  it.live("is the same for every command that an operator tries after a kill", () =>
    Effect.gen(function* () {
      const directory = yield* killed
      yield* OutboxSqlite.check({ directory })
      yield* session(OutboxSqlite.layerToRead({ directory }), (outbox) => outbox.ledger)
      expect((yield* OutboxSqlite.verify({ directory })).problems).toEqual([])
      yield* OutboxSqlite.compact({ directory })
      yield* OutboxSqlite.check({ directory })
      yield* session(OutboxSqlite.layerToRead({ directory }), (outbox) => outbox.ledger)
      yield* append(directory, "after")
    }).pipe(Effect.scoped)
  )

  it.live.each(["exit", "throw"] as const)("is the same after a process that ended early, by %s", (mode) =>
    Effect.gen(function* () {
      const directory = yield* folder
      const process = yield* child(mode, directory)
      yield* process.ended
      expect(process.lines).toContain("appended 3")
      yield* append(directory, "after")
      expect((yield* OutboxSqlite.verify({ directory })).problems).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("is one directory's: put back as it was, or moved with all its files, it opens", () =>
    Effect.gen(function* () {
      const [directory, moved] = [yield* folder, yield* folder]
      yield* append(directory, "1")
      cpSync(fileOf(directory), join(directory, "backup"))
      rmSync(fileOf(directory))
      yield* Effect.flip(append(directory, "2"))
      cpSync(join(directory, "backup"), fileOf(directory))
      yield* append(directory, "2")
      cpSync(directory, moved, { recursive: true })
      expect(yield* waiting(moved)).toBe(2)
      writeFileSync(join(moved, "identity.json"), "{")
      expect((yield* Effect.flip(append(moved, "3"))).detail).toContain("identity.json cannot be read")
    }).pipe(Effect.scoped)
  )
})

describe("a record that is not what was written", () => {
  /** Changes one letter of each record, as a disk might, behind SQLite's back. */
  const change = (directory: string, table: string, column: string) => {
    const bytes = readFileSync(fileOf(directory))
    const db = new DatabaseSync(fileOf(directory))
    const update = db.prepare(`update ${table} set ${column} = ? where id = ?`)
    for (const { id, body } of db.prepare(`select id, ${column} as body from ${table}`).all()) {
      const altered = Buffer.from(body as Uint8Array)
      altered[altered.indexOf("test")] = 0x54
      update.run(altered, id!)
    }
    db.close()
    expect(readFileSync(fileOf(directory)).equals(bytes)).toBe(false)
  }

  it.live("is told by verify and when it is read back, and never read", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* append(directory, "1")
      const dead = [{ position: 0, reason: "bad-request", detail: "" }]
      yield* session(
        OutboxSqlite.layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          const [first] = yield* outbox.take(lane, 0, 1000)
          expect(first?.damaged).toBe(false)
          yield* outbox.append(chunk("2"))
          yield* outbox.settle([{ parcel: first!.sequence, delivered: [], dead, attempts: 1, at: 0 }])
          expect((yield* DeadLetters.all(outbox)).map(({ codec }) => codec)).toEqual(["event/1"])
        })
      )
      change(directory, "parcel", "body")
      change(directory, "dead", "record")
      const { problems } = yield* OutboxSqlite.verify({ directory })
      expect(problems.map(({ detail }) => detail)).toEqual([
        "1 of kind parcel hold other bytes than were written, the first with number 2",
        "1 of kind dead letter hold other bytes than were written, the first with number 1"
      ])
      yield* session(
        OutboxSqlite.layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          const [second] = yield* outbox.take(lane, 0, 1000)
          expect(second?.damaged).toBe(true)
          yield* outbox.settle([{ parcel: second!.sequence, delivered: [], dead, attempts: 1, at: 0 }])
          // No codec reads them: they can be looked at, and a replay leaves them.
          expect((yield* DeadLetters.all(outbox)).map(({ codec }) => codec)).toEqual(["", ""])
        })
      )
    }).pipe(Effect.scoped)
  )
})
