/** The format of the tables: what is there, its number, and the steps from each number to the next. */
import { randomBytes } from "node:crypto"
import { OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Alone from "./alone.ts"
import type { Client, Run } from "./client.ts"
import { SqlFailure, unavailable } from "./failure.ts"
import { quoted } from "./statements.ts"

/** How a store was made. */
export interface Made {
  readonly format: number
  readonly tracks: number
}

/**
 * Step `i` brings a store from format `i` to format `i + 1`. Steps are only ever added. They use nothing but what the relatives of
 * PostgreSQL have, too.
 */
const steps: ReadonlyArray<(schema: string) => ReadonlyArray<string>> = [
  (s) => [
    // Who is there: a row for each exporter and command, alive until a time by the server's clock.
    `create table ${s}.session (
      id bigint primary key, name text, roles text not null default '', since float8 not null, until timestamptz not null
    )`,
    // Which transactions a session made: by it an end that nobody heard of is known afterwards.
    `create table ${s}.made (session bigint primary key, ticket bigint not null, at timestamptz not null)`,
    `create table ${s}.lease (
      key text primary key, name text not null, owner bigint not null, token bigint not null unique
    )`,
    `create table ${s}.lane (
      id bigint primary key, route text not null, name text not null, open boolean, reason text, since float8, not_before float8,
      former text, version bigint not null default 0, changed_by bigint, unique (route, name)
    )`,
    // The last parcel of each track, who appended it, and the last one of another. Locked by an append: order of commit.
    `create table ${s}.head (
      id bigint primary key, lane bigint not null, track integer not null, seq bigint not null default 0,
      session bigint not null default 0, other_seq bigint not null default 0, unique (lane, track)
    )`,
    `create table ${s}.codec (id bigint primary key, digest text not null unique, name text not null, parameter text not null)`,
    `create table ${s}.checkpoint (
      source text not null, split text collate "C" not null, position text not null, day integer not null,
      primary key (source, split)
    )`,
    `create table ${s}.look (source text primary key, days integer not null, at float8 not null)`,
    `create table ${s}.ledger (
      session bigint not null, route text not null, kind text not null, key text not null, events bigint not null,
      primary key (session, route, kind, key)
    )`,
    // Room is left in each page, so that marks of what is settled move no row.
    `create table ${s}.parcel (
      seq bigint primary key, head bigint not null, codec bigint not null, events integer not null, size integer not null,
      at float8 not null, source text not null, split text not null, position text not null,
      ends bytea not null, body bytea not null, checksum bigint not null, settled bytea, attempts integer not null default 0
    ) with (fillfactor = 70)`,
    `create index parcel_head on ${s}.parcel (head, seq)`,
    `create table ${s}.raw (id bigint primary key, record bytea not null, checksum bigint not null)`,
    `create table ${s}.dead (
      id bigint primary key, route text not null, lane text not null, reason text not null, detail text not null,
      attempts integer not null, at float8 not null, source text not null, split text not null, position text not null,
      codec bigint not null, length integer not null, kept integer not null, raw bigint, record bytea, checksum bigint
    )`,
    `create index dead_raw on ${s}.dead (raw) where raw is not null`,
    `create table ${s}.composition (
      id bigint primary key, head bigint not null, name text not null, members text not null, unique (head, name)
    )`,
    `create table ${s}.composed (parcel bigint not null, composition bigint not null, primary key (parcel, composition))`,
    `create table ${s}.seen (id text collate "C" primary key, at float8 not null)`,
    `create index seen_at on ${s}.seen (at)`,
    `create table ${s}.erasure (digest text primary key, at float8 not null)`,
    `create sequence ${s}.parcel_number`,
    `create sequence ${s}.dead_number`,
    `create sequence ${s}.number`
  ],
  // Whether the content was moved to another outbox, or comes from another.
  (s) => [
    `create table ${s}.transfer (
      one integer primary key, id text not null, state text not null, source text not null, name text not null, place text
    )`
  ],
  // What dead letters are looked for by, beside their records. Their keys are kept once they were read, which may be later.
  (s) => [
    `create index dead_head on ${s}.dead (id, route, lane, reason, at)`,
    `create table ${s}.letter_key (id bigint primary key, type text not null, keys text not null)`
  ],
  // Tokens of leases by a sequence, beyond those that were given out: a row that all wait for stood in the way of claims.
  (s) => [
    `create sequence ${s}.lease_number`,
    `select setval('${s}.lease_number', (select token + 1 from ${s}.store where one = 1))`
  ]
]

/** The format that this version reads and writes. */
const format = steps.length

/** From this format on a store knows whether it was moved. */
export const marked = 2

/** The format of the store, and its tracks; `undefined` where there is none. Refuses one of a later version. */
export const check = Effect.fnUntraced(function* (
  client: Client,
  schema: string,
  run: Run
): Effect.fn.Return<Made | undefined, OutboxError | SqlFailure> {
  const rows = yield* Effect.catchIf(
    run<Made>(`select format, tracks from ${quoted(schema)}.store`),
    ({ kind }) => kind === "Missing",
    () => Effect.succeed([])
  )
  const [made] = rows
  if (made === undefined || made.format <= format) return made
  return yield* new OutboxError({
    reason: "Newer",
    detail: `the outbox in ${client.place()}, schema ${schema}, has format ${made.format}, written by a later version; this one reads up to format ${format}: install a version of @millrace/outbox-postgres that reads format ${made.format}`
  })
})

/**
 * Tracks of a store of which nobody says more. Several times as many as most fleets have exporters, so that their parts are about equal.
 * More tracks make more and smaller parcels.
 */
export const usualTracks = 16

/** Refuses a store that was made with another number of tracks than is wanted. */
export const expectTracks = (
  schema: string,
  { tracks }: Made,
  wanted: number | undefined
): Effect.Effect<void, OutboxError> =>
  wanted === undefined || tracks === wanted
    ? Effect.void
    : Effect.fail(
        unavailable(
          `settings.tracks is ${wanted}, but the outbox in schema ${schema} was made with ${tracks}, which never changes; write tracks: ${tracks} or leave it out, or give another schema`
        )
      )

/** What a database without the parcels' best form of compression says. */
const compress = Effect.fnUntraced(function* (client: Client, s: string) {
  const tell = client.once("30 seconds")
  for (const [table, column] of [
    ["parcel", "body"],
    ["dead", "record"],
    ["raw", "record"]
  ] as const) {
    // The server's older compression costs more than it saves; one that knows neither keeps its own way.
    yield* tell(`alter table ${s}.${table} alter column ${column} set compression lz4`).pipe(
      Effect.catch(() => tell(`alter table ${s}.${table} alter column ${column} set storage external`)),
      Effect.ignore
    )
  }
})

/** Brings the store to today's format, in one transaction, under the lock of its only row; makes it where there is none. */
export const migrate = Effect.fnUntraced(function* (
  client: Client,
  schema: string,
  tracks: number = usualTracks
): Effect.fn.Return<Made, OutboxError | SqlFailure> {
  const found = yield* check(client, schema, client.run)
  if (found?.format === format) return found
  const s = quoted(schema)
  const make = Effect.fnUntraced(function* (run: Run) {
    if (found === undefined) {
      // Who has a schema of his own need not have the right to make one.
      const there = yield* run("select 1 as there from pg_catalog.pg_namespace where nspname = $1", [schema])
      if (there.length === 0) yield* run(`create schema if not exists ${s}`)
      yield* run(
        `create table if not exists ${s}.store (
            one integer primary key, format integer not null, tracks integer not null, key text not null,
            token bigint not null, fleet bigint not null, scrub boolean not null
          )`
      )
      yield* run(
        `insert into ${s}.store (one, format, tracks, key, token, fleet, scrub) values (1, 0, $1, $2, 0, 0, false)
           on conflict (one) do nothing`,
        [tracks, randomBytes(32).toString("hex")]
      )
    }
    const [row] = yield* run<Made>(`select format, tracks from ${s}.store where one = 1 for update`)
    const before = row!.format
    if (before >= format) return { fresh: false, tracks: row!.tracks }
    if (before > 0) yield* expectNoOlder(run, schema)
    for (const step of steps.slice(before)) for (const text of step(s)) yield* run(text)
    yield* run(`update ${s}.store set format = $1 where one = 1`, [format])
    return { fresh: true, tracks: row!.tracks }
  }, Effect.mapError(asConflict))
  const made = yield* client.transact(undefined, make)
  if (made.fresh) yield* compress(client, s)
  return { format, tracks: made.tracks }
})

/** An exporter of an older version knows the tables as they were. */
const expectNoOlder = (run: Run, schema: string) =>
  Effect.flatMap(Alone.others(run, schema), (others) =>
    others.length === 0
      ? Effect.void
      : Effect.fail(
          unavailable(
            `the outbox in schema ${schema} has an older format, and ${others.join(", ")} of an older version still use it; stop them, then run again`
          )
        )
  )

/** Two who make the same schema at once: one of them is told that it is there. */
const asConflict = <E>(error: E | SqlFailure): E | SqlFailure =>
  error instanceof SqlFailure && ["23505", "42P06", "42P07"].includes(error.code)
    ? new SqlFailure({ kind: "Conflict", code: error.code, detail: error.detail })
    : error
