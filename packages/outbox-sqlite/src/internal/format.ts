/** The format of the database: its tables, its number, and the steps from each number to the next. */
import type { DatabaseSync } from "node:sqlite"
import { StoreFailure } from "./failure.ts"

/** Step `i` brings a database from format `i` to format `i + 1`. Steps are only ever added. */
const steps: ReadonlyArray<string> = [
  `
  create table lane (
    id integer primary key, route text not null, name text not null,
    open integer, reason text, since real, not_before real, unique (route, name)
  ) strict;
  create table codec (id integer primary key, name text not null, parameter text not null) strict;
  create table checkpoint (
    source text not null, split text not null, position text not null, primary key (source, split)
  ) strict, without rowid;
  create table ledger (
    route text not null, kind text not null, key text not null, events integer not null,
    primary key (route, kind, key)
  ) strict, without rowid;
  create table parcel (
    id integer primary key autoincrement, lane integer not null, codec integer not null, events integer not null,
    at real not null, source text not null, split text not null, position text not null,
    ends blob not null, body blob not null
  ) strict;
  create index parcel_lane on parcel (lane, id);
  create table partly (parcel integer primary key, settled blob not null, attempts integer not null) strict;
  create table raw (id integer primary key, record blob not null) strict;
  create table dead (
    id integer primary key autoincrement, route text not null, lane text not null, reason text not null,
    detail text not null, attempts integer not null, at real not null,
    source text not null, split text not null, position text not null,
    codec integer not null, length integer not null, raw integer, record blob
  ) strict;
  create table composition (
    id integer primary key, lane integer not null, name text not null, parcels integer not null,
    members text not null, unique (lane, name)
  ) strict;
  create table composed (
    parcel integer not null, composition integer not null, primary key (parcel, composition)
  ) strict, without rowid;
  `,
  // Purging asks whether another dead letter shares the bytes.
  "create index dead_raw on dead (raw) where raw is not null",
  // Ids of events, as text or as the 16 bytes of a UUID.
  `
  create table age (id integer primary key autoincrement, since real not null, until real not null) strict;
  create table seen (
    age integer not null, id any not null, at real not null, primary key (age, id)
  ) strict, without rowid;
  `,
  // What the parcels of a lane hold, which would take long to add up.
  `
  alter table lane add column bytes integer not null default 0;
  update lane set bytes = coalesce((select sum(length(body)) from parcel where parcel.lane = lane.id), 0);
  `,
  // Which database this is, and whether records are as they were written. What was stored before has no checksum.
  `
  create table identity (one integer primary key check (one = 1), id text not null, opened integer not null) strict;
  alter table parcel add column checksum integer;
  alter table raw add column checksum integer;
  alter table dead add column checksum integer;
  `,
  // Who was erased, by a hash under a key of the store's own; and whether bytes of what was removed may still stand in it.
  `
  create table erasure (user text primary key, at real not null) strict, without rowid;
  create table scrub (one integer primary key check (one = 1), key text not null, due integer not null) strict;
  insert into scrub (one, key, due) values (1, lower(hex(randomblob(32))), 0);
  `,
  // What a paused gate was before, as JSON.
  "alter table lane add column former text",
  // On which of the days on which its source was looked through a split was last known to be there.
  `
  alter table checkpoint add column day integer not null default 0;
  create table look (source text primary key, days integer not null, at real not null) strict, without rowid;
  `,
  // Whether the content was moved to another outbox, or comes from another.
  `
  create table transfer (
    one integer primary key check (one = 1), id text not null, state text not null, source text not null, name text not null,
    place text
  ) strict;
  `,
  // What dead letters are looked for by, beside their records: in the order of their ids, so that it is written at its end. Their keys
  // are kept once they were read, which may be later.
  `
  create index dead_head on dead (id, route, lane, reason, at);
  create table letter_key (id integer primary key, type text not null, keys text not null) strict;
  `
]

/** The format that this version reads and writes. */
const format = steps.length

/** The format of a database; refuses a later one than this version reads, and a database that is no outbox. */
export const check = (db: DatabaseSync, place: string): number => {
  const version = Number(db.prepare("pragma user_version").get()!["user_version"])
  if (version > format) {
    throw new StoreFailure(
      "Newer",
      `the outbox in ${place} has format ${version}, written by a later version; this one reads up to format ${format}: install a version of @millrace/outbox-sqlite that reads format ${version}`
    )
  }
  if (version === 0 && db.prepare("select 1 from sqlite_schema").get() !== undefined) {
    throw new StoreFailure("Damaged", `the database in ${place} is no outbox; give another path`)
  }
  return version
}

/** Refuses a database that is not in today's format: for those who may not bring it there. */
export const expectCurrent = (db: DatabaseSync, place: string): void => {
  const version = check(db, place)
  if (version === format) return
  throw new StoreFailure(
    "Unavailable",
    `the outbox in ${place} has format ${version}; it can be read once a run has brought it to format ${format}`
  )
}

/** Brings a database to today's format in one transaction. */
export const migrate = (db: DatabaseSync, place: string): void => {
  const version = check(db, place)
  if (version === format) return
  db.exec(`begin immediate; ${steps.slice(version).join(";")}; pragma user_version = ${format}; commit`)
}
