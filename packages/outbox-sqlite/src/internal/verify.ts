/** Looks whether everything stored is whole and fits together: for `outbox verify`. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Bitmap from "@millrace/core/Bitmap"
import * as Ledger from "@millrace/core/Ledger"
import type { Problem, Verification } from "@millrace/core/Outbox"
import * as Checksum from "./checksum.ts"
import * as Database from "./database.ts"
import { isDamage, StoreFailure } from "./failure.ts"
import * as Format from "./format.ts"
import * as Identity from "./identity.ts"
import { query } from "./sql.ts"

/** Most findings of SQLite's own check; a badly damaged file has thousands. */
const most = 20

/** Fails unless a directory holds an outbox: looking after one must not make it. */
export const expectOutbox = (directory: string): void => {
  Identity.expectFiles(directory)
  if (existsSync(join(directory, "outbox.db"))) return
  throw new StoreFailure("Unavailable", `there is no outbox in ${directory}; check the path`)
}

/** Looks through the database of a directory that this process owns. Writes nothing, and does not migrate. */
export const verify = (directory: string): Verification => {
  const db = new DatabaseSync(join(directory, "outbox.db"), { timeout: 5_000 })
  try {
    return look(db, directory)
  } catch (cause) {
    if (!isDamage(cause)) throw cause
    return { problems: [unreadable("the file", cause)], bytes: 0, free: 0 }
  } finally {
    Database.close(db, directory)
  }
}

const look = (db: DatabaseSync, directory: string): Verification => {
  db.exec("pragma query_only = on")
  const format = Format.check(db, directory)
  const pragma = (name: string) => Number(db.prepare(`pragma ${name}`).get()![name])
  const pageSize = pragma("page_size")
  const problems = [
    ...integrity(db),
    ...attempt("the counts", () => counts(db)),
    ...(format < 4 ? [] : attempt("the sizes", () => sizes(db))),
    ...(format < 5 ? [] : attempt("the records", () => records(db))),
    ...orphans(db, {
      ...stray,
      ...(format < 3 ? {} : strayAges),
      ...(format < 10 ? {} : strayKeys)
    })
  ]
  return { problems, bytes: pragma("page_count") * pageSize, free: pragma("freelist_count") * pageSize }
}

const integrity = (db: DatabaseSync): ReadonlyArray<Problem> =>
  attempt("the file", () =>
    query<{ integrity_check: string }>(db, `pragma integrity_check(${most})`)
      .all()
      .filter(({ integrity_check }) => integrity_check !== "ok")
      .map(({ integrity_check }) => ({ kind: "damage", detail: integrity_check.trim() }))
  )

/** What waits and what is dead, counted anew, against the ledger; and the ledger against itself. */
const counts = (db: DatabaseSync): ReadonlyArray<Problem> => {
  const told = query<Ledger.Count>(db, "select route, kind, key, events from ledger").all()
  const found: Array<Ledger.Count> = []
  const parcels = query<{ route: string; name: string; events: number; settled: Uint8Array | null }>(
    db,
    `select route, name, events, settled from parcel
     join lane on lane.id = parcel.lane left join partly on partly.parcel = parcel.id`
  )
  for (const { route, name, events, settled } of parcels.iterate()) {
    const waiting = events - (settled === null ? 0 : Bitmap.count(settled))
    found.push({ route, kind: "waiting", key: name, events: waiting })
  }
  const dead = query<Ledger.Count>(
    db,
    "select route, 'dead' as kind, reason as key, count(*) as events from dead group by route, reason"
  )
  found.push(...dead.all())
  const [kept, expected] = [Ledger.fromCounts(found), Ledger.fromCounts(told)]
  const differences = [...new Set([...Object.keys(kept.routes), ...Object.keys(expected.routes)])].flatMap(
    (route) =>
      (["waiting", "dead"] as const).flatMap((kind) =>
        differing(kept.routes[route]?.[kind] ?? {}, expected.routes[route]?.[kind] ?? {}).map(
          ({ key, found, told }): Problem => ({
            kind: "ledger",
            detail: `route ${route}: the ledger counts ${told} as ${kind} under ${key}, and there are ${found}`
          })
        )
      )
  )
  const imbalances = Ledger.imbalance(expected).map(
    ({ route, missing }): Problem => ({
      kind: "ledger",
      detail: `route ${route}: of what was read, ${Math.abs(missing)} events are ${missing > 0 ? "not accounted for" : "accounted for twice"}`
    })
  )
  return [...differences, ...imbalances]
}

/** What the parcels of each lane hold, added up anew. Kept since format 4. */
const sizes = (db: DatabaseSync): ReadonlyArray<Problem> =>
  query<{ route: string; name: string; bytes: number; found: number }>(
    db,
    `select route, name, bytes, coalesce((select sum(length(body)) from parcel where parcel.lane = lane.id), 0) as found
     from lane where bytes <> found`
  )
    .all()
    .map(({ route, name, bytes, found }) => ({
      kind: "ledger",
      detail: `route ${route}: lane ${name} is said to hold ${bytes} bytes, and it holds ${found}`
    }))

/** Records whose bytes are not those that were written. Kept since format 5. */
const records = (db: DatabaseSync): ReadonlyArray<Problem> =>
  Object.entries({
    parcel: "select id, checksum, body, ends as rest from parcel",
    "dead letter": "select id, checksum, record as body, x'' as rest from dead where record is not null",
    "bad record": "select id, checksum, record as body, x'' as rest from raw"
  }).flatMap(([name, sql]) => {
    const damaged: Array<number> = []
    const rows = query<{ id: number; checksum: number | null; body: Uint8Array; rest: Uint8Array }>(db, sql)
    for (const { id, checksum, body, rest } of rows.iterate()) {
      if (!Checksum.holds(checksum, body, rest)) damaged.push(id)
    }
    const detail = `${damaged.length} of kind ${name} hold other bytes than were written, the first with number ${damaged[0]}`
    return damaged.length === 0 ? [] : [{ kind: "damage", detail }]
  })

const differing = (found: Ledger.Counts, told: Ledger.Counts) =>
  [...new Set([...Object.keys(found), ...Object.keys(told)])]
    .map((key) => ({ key, found: found[key] ?? 0, told: told[key] ?? 0 }))
    .filter(({ found, told }) => found !== told)

/** Rows that nothing leads to, or that lead nowhere, by what to call them. */
const stray: Readonly<Record<string, string>> = {
  "parcels of a lane that is not there": "from parcel where lane not in (select id from lane)",
  "parcels in a codec that is not there": "from parcel where codec not in (select id from codec)",
  "parcels whose offsets do not fit their events": "from parcel where length(ends) <> 4 * events",
  "marks of partly settled parcels that are not there":
    "from (select parcel as id from partly) where id not in (select id from parcel)",
  "dead letters in a codec that is not there": "from dead where codec not in (select id from codec)",
  "dead letters whose record is not there":
    "from dead where record is null and (raw is null or raw not in (select id from raw))",
  "records that no dead letter holds":
    "from raw where id not in (select raw from dead where raw is not null)",
  "compositions whose parcels do not match":
    "from composition where parcels <> (select count(*) from composed where composition = composition.id)",
  "parts of compositions that are not there":
    "from (select composition as id from composed) where id not in (select id from composition)",
  "parts of compositions without their parcel":
    "from (select parcel as id from composed) where id not in (select id from parcel)"
}

/** The same, of the tables that there are since format 3. */
const strayAges: Readonly<Record<string, string>> = {
  "ages of remembered ids that are not there":
    "from (select distinct age as id from seen) where id not in (select id from age)"
}

/** The same, of the table that there is since format 10. */
const strayKeys: Readonly<Record<string, string>> = {
  "keys of dead letters that are not there": "from letter_key where id not in (select id from dead)"
}

const orphans = (db: DatabaseSync, stray: Readonly<Record<string, string>>): ReadonlyArray<Problem> =>
  Object.entries(stray).flatMap(([name, where]) =>
    attempt(name, () => {
      const { rows, first } = query<{ rows: number; first: number | null }>(
        db,
        `select count(*) as rows, min(id) as first ${where}`
      ).get()!
      return rows === 0 ? [] : [{ kind: "orphan", detail: `${rows} ${name}, the first with number ${first}` }]
    })
  )

/** A check, or that its pages cannot be read. */
const attempt = (what: string, check: () => ReadonlyArray<Problem>): ReadonlyArray<Problem> => {
  try {
    return check()
  } catch (cause) {
    if (!isDamage(cause)) throw cause
    return [unreadable(what, cause)]
  }
}

const unreadable = (what: string, cause: Error): Problem => ({
  kind: "damage",
  detail: `cannot read ${what}: ${cause.message}`
})
