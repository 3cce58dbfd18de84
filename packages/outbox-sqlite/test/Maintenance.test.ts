import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import { encodeEvents } from "@millrace/core/Codec"
import * as DeadLetters from "@millrace/core/DeadLetters"
import * as Ledger from "@millrace/core/Ledger"
import type { Appending } from "@millrace/core/Outbox"
import { sqlite } from "@millrace/outbox-sqlite"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Effect from "effect/Effect"
import type { Entry } from "../src/internal/operations.ts"
import * as Store from "../src/internal/store.ts"
import { folder, session } from "./support/place.ts"

const ios = { route: "crm", lane: "ios" }
const web = { route: "crm", lane: "web" }

/** Three events of a lane, large ones, and a bad record. */
const chunk = (lane = ios): Appending => ({
  origin: { source: "default", split: "", position: "" },
  at: 0,
  parcels: [
    {
      ...lane,
      records: encodeEvents(
        [1, 2, 3].map((number) => ({
          id: `${number}`,
          type: "test",
          time: 0,
          user: {},
          properties: { filler: "x".repeat(50_000) }
        }))
      )
    }
  ],
  buried: [
    {
      routes: ["crm", "audit"],
      reason: "malformed",
      detail: "",
      record: new Uint8Array(9),
      codec: "",
      parameter: ""
    }
  ],
  counts: [
    { route: "crm", kind: "read", key: "", events: 4 },
    { route: "audit", kind: "read", key: "", events: 1 }
  ]
})

/** An outbox in use: parcels settled whole and in part, compositions, dead letters of both kinds. */
const used = Effect.gen(function* () {
  const directory = yield* folder
  yield* session(
    OutboxSqlite.layerInThread({ directory }),
    Effect.fnUntraced(function* (outbox) {
      const [first] = yield* outbox.append(chunk())
      const [second] = yield* outbox.append({ ...chunk(web), remember: ["1", "2"], forget: 0 })
      yield* outbox.append(chunk())
      yield* outbox.compose(
        ios,
        [{ id: "both", members: [0, 1].map((position) => ({ parcel: first!.sequence, position })) }],
        []
      )
      const dead = [{ position: 1, reason: "bad-request", detail: "" }]
      yield* outbox.settle([
        { parcel: first!.sequence, delivered: [2], dead, attempts: 1, at: 0 },
        { parcel: second!.sequence, delivered: [0, 1, 2], dead: [], attempts: 1, at: 0 }
      ])
    })
  )
  return directory
})

const edit = (directory: string, sql: string): void => {
  const db = new DatabaseSync(join(directory, "outbox.db"))
  db.exec(sql)
  db.close()
}

const pageSize = 16_384

/** Spoils the page where a table begins. */
const spoil = (directory: string, table: string): void => {
  const db = new DatabaseSync(join(directory, "outbox.db"))
  const page = Number(db.prepare("select rootpage from sqlite_schema where name = ?").get(table)!["rootpage"])
  db.close()
  const file = openSync(join(directory, "outbox.db"), "r+")
  writeSync(file, new Uint8Array(pageSize).fill(0xff), 0, pageSize, (page - 1) * pageSize)
  closeSync(file)
}

const findings = (directory: string) =>
  Effect.map(OutboxSqlite.verify({ directory }), ({ problems }) =>
    problems.map(({ kind, detail }) => `${kind}: ${detail}`)
  )

const actions = [
  (options: { readonly directory: string }) => Effect.asVoid(OutboxSqlite.verify(options)),
  (options: { readonly directory: string }) => Effect.asVoid(OutboxSqlite.compact(options))
]

describe("verify", () => {
  it.effect("finds nothing wrong with a sound outbox, and changes nothing", () =>
    Effect.gen(function* () {
      const directory = yield* used
      const before = readFileSync(join(directory, "outbox.db"))
      const found = yield* OutboxSqlite.verify({ directory })
      expect(found.problems).toEqual([])
      expect(found.bytes).toBe(statSync(join(directory, "outbox.db")).size)
      expect(found.free).toBe(0)
      expect(readFileSync(join(directory, "outbox.db")).equals(before)).toBe(true)
    })
  )

  it.effect("finds nothing left of what a letter was found by, once that is purged", () =>
    Effect.gen(function* () {
      const directory = yield* used
      yield* session(
        OutboxSqlite.layerInThread({ directory }),
        Effect.fnUntraced(function* (outbox) {
          const ids = (yield* DeadLetters.all(outbox)).map(({ id }) => id)
          yield* outbox.keepKeys(ids.map((id) => ({ id, type: "test", eventId: "1", users: ["u-1"] })))
          yield* outbox.purge(ids, "purged")
        })
      )
      expect((yield* OutboxSqlite.verify({ directory })).problems).toEqual([])
    })
  )

  it.effect("finds counts that differ from what is there, and a ledger that does not balance", () =>
    Effect.gen(function* () {
      const directory = yield* used
      edit(directory, "update ledger set events = events + 2 where kind = 'waiting' and key = 'ios'")
      edit(directory, "delete from ledger where kind = 'dead' and route = 'audit'")
      edit(directory, "insert into ledger values ('gone', 'waiting', 'web', 7)")
      edit(directory, "update lane set bytes = 5 where name = 'web'")
      expect(yield* findings(directory)).toEqual([
        "ledger: route crm: the ledger counts 6 as waiting under ios, and there are 4",
        "ledger: route audit: the ledger counts 0 as dead under malformed, and there are 3",
        "ledger: route gone: the ledger counts 7 as waiting under web, and there are 0",
        "ledger: route audit: of what was read, 3 events are not accounted for",
        "ledger: route crm: of what was read, 2 events are accounted for twice",
        "ledger: route gone: of what was read, 7 events are accounted for twice",
        "ledger: route crm: lane web is said to hold 5 bytes, and it holds 0"
      ])
    })
  )

  it.effect.each([
    [
      "delete from partly; insert into partly values (77, x'00', 1)",
      "1 marks of partly settled parcels that are not there, the first with number 77"
    ],
    ["delete from lane where name = 'ios'", "2 parcels of a lane that is not there, the first with number 1"],
    [
      "delete from codec where name = 'event/1'",
      "2 parcels in a codec that is not there, the first with number 1"
    ],
    [
      "update parcel set ends = x'00' where id = 3",
      "1 parcels whose offsets do not fit their events, the first with number 3"
    ],
    [
      "insert into raw values (50, x'00', null)",
      "1 records that no dead letter holds, the first with number 50"
    ],
    ["delete from raw where id = 2", "2 dead letters whose record is not there, the first with number 3"],
    [
      "insert into letter_key values (77, 'test', '')",
      "1 keys of dead letters that are not there, the first with number 77"
    ],
    ["delete from composed", "1 compositions whose parcels do not match, the first with number 1"],
    [
      "insert into composed values (3, 40)",
      "1 parts of compositions that are not there, the first with number 40"
    ],
    [
      "update composed set parcel = 90",
      "1 parts of compositions without their parcel, the first with number 90"
    ]
  ] as const)("finds what belongs to nothing: %s", ([sql, expected]) =>
    Effect.gen(function* () {
      const directory = yield* used
      edit(directory, sql)
      expect(yield* findings(directory)).toContain(`orphan: ${expected}`)
    })
  )

  it.effect("finds a spoilt page, and goes on with what can be read", () =>
    Effect.gen(function* () {
      const directory = yield* used
      edit(directory, "insert into raw values (50, x'00', null)")
      spoil(directory, "parcel")
      const found = yield* findings(directory)
      expect(found.some((line) => line.startsWith("damage: "))).toBe(true)
      expect(found).toContain("damage: cannot read the counts: database disk image is malformed")
      expect(found).toContain("orphan: 1 records that no dead letter holds, the first with number 50")
    })
  )

  it.effect("does nothing beside an owner, nor where there is no outbox", () =>
    Effect.gen(function* () {
      const directory = yield* used
      yield* session(
        OutboxSqlite.layerInThread({ directory }),
        Effect.fnUntraced(function* () {
          for (const action of actions) {
            expect((yield* Effect.flip(action({ directory }))).reason).toBe("Owned")
          }
        })
      )
      const empty = yield* folder
      for (const action of actions) {
        const error = yield* Effect.flip(action({ directory: empty }))
        expect(error.detail).toBe(`there is no outbox in ${empty}; check the path`)
      }
      expect(readdirSync(empty)).toEqual([])
    })
  )
})

describe("compact", () => {
  it.effect("makes the file as small as it can be and keeps everything", () =>
    Effect.gen(function* () {
      const directory = yield* used
      // The gaps that a release before this one, or a crash, may leave.
      edit(directory, "create table gap as select zeroblob(3000000) as filler; drop table gap")
      const before = yield* session(OutboxSqlite.layerInThread({ directory }), (outbox) =>
        Effect.all([
          outbox.ledger,
          outbox.take(ios, 0, 1_000_000),
          DeadLetters.all(outbox),
          outbox.compositions(ios)
        ])
      )
      edit(directory, "create table gap as select zeroblob(3000000) as filler; drop table gap")
      const { maintenance } = sqlite({ settings: { path: directory } })
      const { before: large, after: small } = yield* maintenance!.compact
      expect(large - small).toBeGreaterThan(2_900_000)
      expect(readdirSync(directory).sort()).toEqual(["identity.json", "lock.db", "outbox.db"])
      expect(statSync(join(directory, "outbox.db")).size).toBe(small)
      expect(statSync(join(directory, "outbox.db")).mode & 0o777).toBe(0o600)
      expect((yield* maintenance!.verify).problems).toEqual([])
      yield* session(
        OutboxSqlite.layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          const after = yield* Effect.all([
            outbox.ledger,
            outbox.take(ios, 0, 1_000_000),
            DeadLetters.all(outbox),
            outbox.compositions(ios)
          ])
          expect(after).toEqual(before)
          const seen = { ...chunk(), remember: ["1", "2", "3"], unseenSince: 0 }
          expect((yield* Effect.flip(outbox.append(seen))).seen).toEqual(["1", "2"])
          expect(yield* outbox.append(chunk())).toEqual([{ sequence: 4, after: 0 }])
          expect(Ledger.imbalance(yield* outbox.ledger)).toEqual([])
        })
      )
    })
  )

  it.effect("leaves an outbox alone that another program has open", () =>
    Effect.gen(function* () {
      const directory = yield* used
      const other = new DatabaseSync(join(directory, "outbox.db"))
      other.exec("pragma journal_mode = wal; begin; select * from ledger")
      other.prepare("select * from ledger").all()
      const error = yield* Effect.flip(OutboxSqlite.compact({ directory }))
      other.close()
      expect(error.reason).toBe("Unavailable")
      expect(error.detail).toContain(directory)
      expect((yield* OutboxSqlite.verify({ directory })).problems).toEqual([])
    })
  )
})

describe("an error under way", () => {
  const append = (entry: Appending) => ({
    method: "append" as const,
    input: [{ ...entry, buried: [] }] as [Entry]
  })

  it.effect(
    "locked by another program: told as such, nothing stored by halves, and all goes on afterwards",
    () =>
      Effect.gen(function* () {
        const directory = yield* folder
        const store = Store.open({ directory, patience: 100 })
        expect(store.commit([append(chunk())])[0]!.done).toBe(true)
        const other = new DatabaseSync(join(directory, "outbox.db"))
        other.exec("begin immediate")
        const refused = store.commit([append(chunk()), append(chunk())])
        for (const answer of refused) {
          expect(answer).toMatchObject({ done: false, failure: { reason: "Unavailable" } })
          expect(JSON.stringify(answer)).toContain(`another program keeps the outbox in ${directory} locked`)
        }
        expect(store.read({ method: "take", input: [ios, 0, 1] })).toMatchObject({ done: true })
        other.exec("rollback")
        other.close()
        expect(store.commit([append(chunk())])[0]!.done).toBe(true)
        store.close()
        expect(yield* findings(directory)).toEqual([
          "ledger: route audit: of what was read, 2 events are not accounted for",
          "ledger: route crm: of what was read, 2 events are not accounted for"
        ])
      })
  )

  it.effect("a spoilt page: told to whoever reads it, and to nobody else", () =>
    Effect.gen(function* () {
      const directory = yield* used
      spoil(directory, "composition")
      yield* session(
        OutboxSqlite.layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          const error = yield* Effect.flip(outbox.compositions(ios))
          expect(error.reason).toBe("Damaged")
          expect(error.detail).toBe(
            `the outbox in ${directory} is damaged (database disk image is malformed); stop the exporter and verify the outbox, then restore a backup, or move it away and start anew`
          )
          expect(yield* outbox.take(ios, 0, 1)).toHaveLength(1)
          yield* outbox.append(chunk(web))
          expect(yield* outbox.take(web, 0, 1)).toHaveLength(1)
        })
      )
    })
  )

  it.effect.each([
    ["delete from codec where name = 'event/1'", /codec \d+ is not there/],
    ["update parcel set ends = x'00'", /offsets of a parcel are cut off/]
  ] as const)("rows that do not fit together are damage, not a defect: %s", ([sql, expected]) =>
    Effect.gen(function* () {
      const directory = yield* used
      edit(directory, sql)
      const error = yield* session(OutboxSqlite.layer({ directory }), (outbox) =>
        Effect.flip(outbox.take(ios, 0, 1))
      )
      expect(error.reason).toBe("Damaged")
      expect(error.detail).toMatch(expected)
    })
  )
})
