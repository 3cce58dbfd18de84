import { execFileSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import { encodeEvents } from "@millrace/core/Codec"
import * as DeadLetters from "@millrace/core/DeadLetters"
import type { Event } from "@millrace/core/Event"
import * as Ledger from "@millrace/core/Ledger"
import { type Appending, Outbox } from "@millrace/core/Outbox"
import { sqlite } from "@millrace/outbox-sqlite"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Entry } from "../src/internal/operations.ts"
import * as Store from "../src/internal/store.ts"
import { child, folder, session } from "./support/place.ts"

const ios = { route: "crm", lane: "ios" }
const web = { route: "crm", lane: "web" }
const root = process.getuid?.() === 0

/** Whether a small disk can be made here: it takes root, and more rights than most containers give. */
const mounts = ((): boolean => {
  if (!root) return false
  const path = mkdtempSync(join(tmpdir(), "outbox-"))
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path], { stdio: "ignore" })
    execFileSync("umount", [path])
    return true
  } catch {
    return false
  } finally {
    rmdirSync(path)
  }
})()

/** A chunk of one parcel of so many bytes, more or less. */
const chunk = (bytes: number, lane = ios): Appending => {
  const event: Event = { id: "e", type: "test", time: 0, user: {}, properties: { filler: "x".repeat(bytes) } }
  return {
    origin: { source: "default", split: "", position: "" },
    at: 0,
    parcels: [{ ...lane, records: encodeEvents([event]) }],
    buried: [],
    counts: [{ route: "crm", kind: "read", key: "", events: 1 }]
  }
}

const delivered = (parcel: number) => ({ parcel, delivered: [0], dead: [], attempts: 1, at: 0 })

const refusal = (directory: string) =>
  Effect.flip(session(OutboxSqlite.layer({ directory }), () => Effect.void))

const sizeOf = (directory: string) =>
  readdirSync(directory).reduce((size, name) => size + statSync(join(directory, name)).size, 0)

describe("the state directory", () => {
  it.effect("belongs to one store: a second one is refused, in this process and in another", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "state")
      yield* session(
        OutboxSqlite.layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          for (let attempt = 0; attempt < 2; attempt++) {
            const error = yield* refusal(directory)
            expect(error.reason).toBe("Owned")
            expect(error.detail).toBe(
              `the state directory ${directory} is in use by process ${process.pid}; stop it, or give this exporter another path`
            )
          }
          const other = yield* child("hold", directory)
          expect(yield* other.firstLine).toContain(
            `Owned: the state directory ${directory} is in use by process ${process.pid};`
          )
          yield* outbox.append(chunk(10))
          // It could be opened, were it not for this store.
          yield* OutboxSqlite.check({ directory })
        })
      )
      yield* session(OutboxSqlite.layerInThread({ directory }), (outbox) => outbox.take(ios, 0, 1))
    })
  )

  it.effect("is free again as soon as its owner is killed", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "state")
      const owner = yield* child("hold", directory)
      expect(yield* owner.firstLine).toBe("opened")
      const error = yield* refusal(directory)
      expect(error.detail).toContain(`in use by process ${owner.pid};`)
      yield* owner.kill
      yield* session(OutboxSqlite.layer({ directory }), () => Effect.void)
      expect(existsSync(join(directory, "owner.json"))).toBe(false)
    })
  )

  it.effect("and its files are for the owner alone, whatever the umask", () =>
    Effect.gen(function* () {
      for (const umask of [0, 0o277]) {
        const directory = join(yield* folder, "state")
        const modes = yield* Effect.acquireUseRelease(
          Effect.sync(() => process.umask(umask)),
          () =>
            session(OutboxSqlite.layerInThread({ directory }), (outbox) =>
              Effect.map(outbox.append(chunk(10)), () =>
                readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777])
              )
            ),
          (before) => Effect.sync(() => process.umask(before))
        )
        expect(Object.fromEntries(modes)).toEqual({
          "identity.json": 0o600,
          "lock.db": 0o600,
          "outbox.db": 0o600,
          "outbox.db-shm": 0o600,
          "outbox.db-wal": 0o600,
          "owner.json": 0o600
        })
        expect(statSync(directory).mode & 0o777).toBe(0o700)
      }
    })
  )

  it.effect("that is a file, lies below one, or may not be written is refused with what to do", () =>
    Effect.gen(function* () {
      const parent = yield* folder
      writeFileSync(join(parent, "file"), "")
      for (const directory of [join(parent, "file"), join(parent, "file", "state")]) {
        const error = yield* refusal(directory)
        expect(error.reason).toBe("Unavailable")
        expect(error.detail).toBe(
          `the state directory ${directory} is a file, or lies below one; give another path`
        )
        expect(yield* Effect.flip(OutboxSqlite.check({ directory }))).toEqual(error)
      }
      yield* OutboxSqlite.check({ directory: join(parent, "not", "yet") })
      expect(readdirSync(parent)).toEqual(["file"])
      const locked = join(parent, "locked")
      mkdirSync(locked, { mode: 0o500 })
      const nobody = yield* child("hold", join(locked, "state"), root ? 65_534 : undefined)
      expect(yield* nobody.firstLine).toMatch(
        /^Unavailable: the state directory .*state may not be written by this user/
      )
    })
  )

  it.effect.skipIf(!existsSync("/proc"))("that cannot be made is refused, in whatever file system", () =>
    Effect.gen(function* () {
      expect((yield* refusal("/proc/not/there")).detail).toBe(
        "the state directory /proc/not/there cannot be used (ENOENT)"
      )
    })
  )

  it.effect("written by a later version is refused with the format needed, and left as it is", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* session(OutboxSqlite.layer({ directory }), (outbox) => outbox.append(chunk(10)))
      const [version] = select(directory, "pragma user_version")
      edit(directory, "pragma user_version = 99")
      const error = yield* refusal(directory)
      expect(error.reason).toBe("Newer")
      expect(error.detail).toContain("reads format 99")
      expect(yield* Effect.flip(OutboxSqlite.check({ directory }))).toEqual(error)
      edit(directory, `pragma user_version = ${version?.["user_version"]}`)
      yield* session(OutboxSqlite.layer({ directory }), (outbox) =>
        Effect.map(outbox.take(ios, 0, 1), (parcels) => expect(parcels).toHaveLength(1))
      )
    })
  )

  it.effect("with a damaged file, or one that is no outbox, is refused", () =>
    Effect.gen(function* () {
      const garbage = yield* folder
      writeFileSync(join(garbage, "outbox.db"), "no database ".repeat(2_000))
      expect(yield* refusal(garbage)).toMatchObject({ reason: "Damaged" })

      const other = yield* folder
      edit(other, "create table customer (name text)")
      expect(yield* refusal(other)).toMatchObject({ reason: "Damaged" })

      const torn = yield* folder
      yield* session(OutboxSqlite.layer({ directory: torn }), (outbox) => outbox.append(chunk(100_000)))
      const path = join(torn, "outbox.db")
      const size = statSync(path).size
      execFileSync("truncate", ["-s", "16384", path])
      execFileSync("truncate", ["-s", `${size}`, path])
      const error = yield* Effect.flip(
        session(OutboxSqlite.layer({ directory: torn }), (outbox) => outbox.ledger)
      )
      expect(error.reason).toBe("Damaged")
      expect(error.detail).toContain(torn)
    })
  )
})

describe("space", () => {
  it.live("is given back: a run that has drained leaves a small file, and so does a quiet moment", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* session(
        OutboxSqlite.layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          yield* Effect.forEach(Array.from({ length: 80 }), () => outbox.append(chunk(100_000)))
          expect(sizeOf(directory)).toBeGreaterThan(8_000_000)
          yield* outbox.settle(Array.from({ length: 80 }, (_, i) => delivered(i + 1)))
          const small = Effect.suspend(() =>
            sizeOf(directory) < 500_000 ? Effect.void : Effect.fail("large")
          )
          yield* Effect.retry(small, Schedule.max([Schedule.spaced("50 millis"), Schedule.recurs(100)]))
        })
      )
      expect(readdirSync(directory).sort()).toEqual(["identity.json", "lock.db", "outbox.db"])
      yield* session(
        OutboxSqlite.layerInThread({ directory }),
        Effect.fnUntraced(function* (outbox) {
          const stored = yield* Effect.forEach(Array.from({ length: 80 }), () =>
            outbox.append(chunk(100_000))
          )
          yield* outbox.settle(stored.flat().map(({ sequence }) => delivered(sequence)))
        })
      )
      expect(sizeOf(directory)).toBeLessThan(500_000)
    })
  )

  it.effect("holds nothing of what is settled", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* session(
        OutboxSqlite.layerInThread({ directory }),
        Effect.fnUntraced(function* (outbox) {
          const { parcels } = chunk(10)
          const [first, second] = (yield* outbox.append({
            ...chunk(10),
            parcels: [...parcels, ...parcels]
          })).map(({ sequence }) => sequence)
          const members = [first!, second!].map((parcel) => ({ parcel, position: 0 }))
          yield* outbox.compose(ios, [{ id: "both", members }], [])
          yield* outbox.settle([{ ...delivered(first!), delivered: [] }])
          yield* outbox.settle([delivered(first!), delivered(second!)])
        })
      )
      for (const table of ["parcel", "partly", "composition", "composed"]) {
        expect([table, select(directory, `select * from ${table}`)]).toEqual([table, []])
      }
    })
  )

  it.effect("is used once for a bad record of several routes", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const record = new Uint8Array(1_000_000)
      const buried = {
        routes: ["a", "b", "c"],
        reason: "malformed",
        detail: "",
        record,
        codec: "",
        parameter: ""
      }
      yield* session(OutboxSqlite.layerInThread({ directory }), (outbox) =>
        outbox.append({ ...chunk(1), parcels: [], buried: [buried] })
      )
      expect(sizeOf(directory)).toBeLessThan(1_500_000)
    })
  )

  it.effect("running out fails the append and nothing else; room made by settling is used again", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const store = Store.open({ directory, maxPages: 62 })
      const append = (bytes: number) =>
        store.commit([{ method: "append", input: [{ ...chunk(bytes), buried: [] }] }])[0]!
      expect(append(100_000).done).toBe(true)
      const [fitting, large] = store.commit([
        { method: "append", input: [{ ...chunk(1_000), buried: [] }] },
        { method: "append", input: [{ ...chunk(1_000_000, web), buried: [] }] }
      ])
      expect(large).toMatchObject({
        done: false,
        failure: {
          reason: "Full",
          detail: `the disk that holds ${directory} is full; nothing was lost; free space and run again`
        }
      })
      expect(fitting?.done).toBe(true)
      expect(append(500_000).done).toBe(true)
      expect(append(500_000).done).toBe(false)
      const [settled, refused] = store.commit([
        { method: "settle", input: [[delivered(3)]] },
        { method: "append", input: [{ ...chunk(1_000_000), buried: [] }] }
      ])
      expect([settled?.done, refused?.done]).toEqual([true, false])
      expect(append(500_000).done).toBe(true)
      store.commit([{ method: "append", input: [{ ...chunk(10, web), buried: [] }] }])
      store.close()
      yield* session(
        OutboxSqlite.layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          expect(Ledger.imbalance(yield* outbox.ledger)).toEqual([])
          expect(yield* outbox.take(ios, 0, 10_000_000)).toHaveLength(3)
          expect(yield* outbox.take(web, 0, 10_000_000)).toHaveLength(1)
        })
      )
    })
  )

  it.effect("is not used by a chunk that fails half way, nor does that fail its neighbours", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const store = Store.open({ directory })
      const append = (entry: Appending) => ({
        method: "append" as const,
        input: [{ ...entry, buried: [] }] as [Entry]
      })
      const answers = store.commit([chunk(1), { ...chunk(2), at: Number.NaN }, chunk(3)].map(append))
      store.close()
      expect(answers.map(({ done }) => done)).toEqual([true, false, true])
      yield* session(OutboxSqlite.layerInThread({ directory }), (outbox) =>
        Effect.map(outbox.ledger, ({ routes }) =>
          expect(routes["crm"]).toMatchObject({ read: 2, waiting: { ios: 2 } })
        )
      )
    })
  )

  it.effect.skipIf(!mounts)(
    "running out on a real disk is told as such, and the same append works once there is room",
    () =>
      Effect.gen(function* () {
        const disk = yield* smallDisk
        const ballast = join(disk, "ballast")
        writeFileSync(ballast, new Uint8Array(10_000_000))
        const directory = join(disk, "state")
        yield* session(
          OutboxSqlite.layer({ directory }),
          Effect.fnUntraced(function* (outbox) {
            yield* outbox.append(chunk(100_000))
            const entry = chunk(3_000_000)
            const error = yield* Effect.flip(outbox.append(entry))
            expect(error.reason).toBe("Full")
            expect(yield* outbox.take(ios, 0, 10_000_000)).toHaveLength(1)
            execFileSync("rm", [ballast])
            yield* outbox.append(entry)
            expect((yield* outbox.ledger).routes["crm"]).toMatchObject({ read: 2, waiting: { ios: 2 } })
          })
        )
        execFileSync("mount", ["-o", "remount,ro", disk])
        expect((yield* refusal(directory)).detail).toContain(
          "is on a read-only file system; see why and mount it to be written, or give another path"
        )
      })
  )
})

describe("a look at a store", () => {
  const look = (directory: string) => OutboxSqlite.layerToRead({ directory })
  const states = (outbox: Outbox["Service"]) =>
    Effect.all([outbox.ledger, outbox.lanes, outbox.take(ios, 0, 1_000_000), DeadLetters.all(outbox)])
  const refusedLook = (directory: string) => Effect.flip(session(look(directory), () => Effect.void))

  it.effect("reads what there is, changes nothing, and keeps others from owning it meanwhile", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* session(OutboxSqlite.layer({ directory }), (outbox) => outbox.append(chunk(100_000)))
      const file = readFileSync(join(directory, "outbox.db"))
      yield* session(
        look(directory),
        Effect.fnUntraced(function* (outbox) {
          expect((yield* outbox.ledger).routes["crm"]).toMatchObject({ read: 1, waiting: { ios: 1 } })
          expect(yield* outbox.take(ios, 0, 1)).toHaveLength(1)
          const error = yield* Effect.flip(outbox.append(chunk(10)))
          expect(error.reason).toBe("Unavailable")
          expect(error.detail).toContain(`the outbox in ${directory} cannot be written`)
          expect((yield* refusal(directory)).reason).toBe("Owned")
        })
      )
      expect(readdirSync(directory).sort()).toEqual(["identity.json", "lock.db", "outbox.db"])
      expect(readFileSync(join(directory, "outbox.db")).equals(file)).toBe(true)
      yield* session(OutboxSqlite.layer({ directory }), (outbox) => outbox.append(chunk(10)))
    })
  )

  it.effect("is refused beside an owner, where there is no outbox, and before a change of format", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* session(OutboxSqlite.layer({ directory }), () =>
        Effect.map(refusedLook(directory), (error) => expect(error.reason).toBe("Owned"))
      )
      const [version] = select(directory, "pragma user_version")
      edit(directory, `pragma user_version = ${Number(version?.["user_version"]) - 1}`)
      expect((yield* refusedLook(directory)).detail).toContain("it can be read once a run has brought it to")
      edit(directory, "pragma user_version = 99")
      expect((yield* refusedLook(directory)).reason).toBe("Newer")

      const empty = yield* folder
      expect((yield* refusedLook(empty)).detail).toBe(`there is no outbox in ${empty}; check the path`)
      expect(readdirSync(empty)).toEqual([])
    })
  )

  it.live.skipIf(!mounts)("shows the same on a read-only file system, after a kill too", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk
      const closed = join(disk, "closed")
      yield* session(OutboxSqlite.layer({ directory: closed }), (outbox) => outbox.append(chunk(100_000)))
      const killed = join(disk, "killed")
      const worker = yield* child("work", killed)
      yield* worker.firstLine
      yield* worker.kill
      expect(existsSync(join(killed, "outbox.db-wal"))).toBe(true)
      execFileSync("mount", ["-o", "remount,ro", disk])
      const seen = yield* Effect.forEach([closed, killed], (directory) => session(look(directory), states))
      execFileSync("mount", ["-o", "remount,rw", disk])
      const there = yield* Effect.forEach([closed, killed], (directory) =>
        session(OutboxSqlite.layer({ directory }), states)
      )
      expect(seen).toEqual(there)
      expect(seen[1]![2].length).toBeGreaterThan(0)
    })
  )
})

describe("the plugin", () => {
  it("names its directory, and refuses settings it does not know", () => {
    const store = sqlite({ settings: { path: "./state" } })
    expect(store).toMatchObject({ plugin: "@millrace/outbox-sqlite", directory: "./state" })
    expect(() => sqlite({ settings: { path: "" } })).toThrow(/path/)
    expect(() => sqlite({ settings: { path: "x", size: "10 apples" } })).toThrow(/size/)
    const unknown = sqlite.fromUnknown({
      settings: { path: "x", sise: "1 GB" },
      credentials: Effect.succeed({})
    })
    expect(unknown._tag).toBe("Failure")
  })

  it.effect("limits its store to `size`, 10 GiB where nothing is said", () =>
    Effect.gen(function* () {
      const path = yield* folder
      for (const [size, limit] of [
        ["1.5 MB", 1_500_000],
        [undefined, 10 * 1024 ** 3]
      ] as const) {
        const { layer } = sqlite({ settings: size === undefined ? { path } : { path, size } })
        yield* session(
          layer,
          Effect.fnUntraced(function* (outbox) {
            const usage = yield* outbox.usage
            expect(usage.limit).toBe(limit)
            expect(usage.bytes).toBeGreaterThan(100_000)
          })
        )
      }
    })
  )

  it.effect("opens its store in memory, too, for tests", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      expect(yield* outbox.append(chunk(10))).toEqual([{ sequence: 1, after: 0 }])
    }).pipe(Effect.provide(OutboxSqlite.layerInThread({ memory: true })))
  )
})

const edit = (directory: string, sql: string): void => {
  const db = new DatabaseSync(join(directory, "outbox.db"))
  db.exec(sql)
  db.close()
}

const select = (directory: string, sql: string) => {
  const db = new DatabaseSync(join(directory, "outbox.db"))
  const rows = db.prepare(sql).all()
  db.close()
  return rows
}

const smallDisk = Effect.acquireRelease(
  Effect.map(folder, (path) => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", path])
    return path
  }),
  (path) => Effect.sync(() => execFileSync("umount", [path]))
)
