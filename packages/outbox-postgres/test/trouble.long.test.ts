import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import * as OutboxRules from "@millrace/core/OutboxRules"
import { OutboxPostgres, postgres } from "@millrace/outbox-postgres"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { afterAll } from "vitest"
import { chunk, delivered, leaseOf, parcel, track } from "./support/entries.ts"
import { newSchema, opened, sql } from "./support/place.ts"
import * as Relay from "./support/relay.ts"
import * as Server from "./support/server.ts"

/** The statement that ends a transaction, as it goes over the wire: other statements hold the word, too. */
const end = "commit\0"

describe.skipIf(!Server.isThere)(Server.title("an outbox in PostgreSQL in trouble"), () => {
  const scope = Effect.runSync(Scope.make())
  const server = Effect.runPromise(Effect.cached(Scope.provide(Server.start(), scope)))
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  const running = Effect.flatten(Effect.promise(() => server))

  it.live(
    "stores an append once, wherever its connection breaks, also when the answer to its end is lost",
    () =>
      Effect.gen(function* () {
        const place = yield* running
        const relay = yield* Relay.make(place)
        const outbox = yield* opened(relay, { schema: newSchema() })
        yield* outbox.append(chunk([parcel(track(0), "warm")]))
        const stages = ["begin", "made", "for update", "nextval", "bytea[]", "ledger", end]
        for (const stage of stages) {
          const broken = relay.breakAfter(stage)
          const [stored] = yield* outbox.append(
            chunk([parcel(track(0), stage)], { remember: [stage], unseenSince: 0 })
          )
          yield* Effect.promise(() => broken)
          const found = yield* outbox.take(track(0), stored!.sequence - 1, 1)
          assert.strictEqual(Buffer.from(found[0]!.records.bytes).toString(), stage)
        }
        assert.lengthOf(yield* outbox.take(track(0), 0, 10_000), 1 + stages.length)
        const { token } = yield* leaseOf(outbox, track(0))
        const [first] = yield* outbox.take(track(0), 0, 1)
        const broken = relay.breakAfter(end)
        // Made once, and told as it was made: the second time there would be nothing to free.
        assert.strictEqual(yield* outbox.settle([delivered(first!.sequence, 0)], token), "warm".length)
        yield* Effect.promise(() => broken)
        const ledger = yield* outbox.ledger
        assert.deepStrictEqual(Ledger.imbalance(ledger), [])
        assert.deepStrictEqual(ledger.routes["crm"]?.waiting, { ios: stages.length })
      })
  )

  it.live("makes again what was not made, when the order to end a transaction is lost", () =>
    Effect.gen(function* () {
      const place = yield* running
      const relay = yield* Relay.make(place)
      const outbox = yield* opened(relay, { schema: newSchema() })
      const closed = { open: false, reason: "unauthorized", since: 1, notBefore: 0 }
      yield* outbox.setGate(track(0), { ...closed, open: true })
      const cut = relay.cutBefore("version + 1", end)
      yield* Effect.all(
        [
          outbox.append(chunk([parcel(track(0), "a")])),
          outbox.append(chunk([parcel(track(0), "b")])),
          outbox.setGate(track(0), closed)
        ],
        { concurrency: "unbounded" }
      )
      yield* Effect.promise(() => cut)
      assert.deepStrictEqual((yield* outbox.lanes)[0]?.gate, closed)
      const lost = relay.cutBefore("begin", end)
      yield* outbox.append(chunk([parcel(track(0), "c")]))
      yield* Effect.promise(() => lost)
      assert.lengthOf(yield* outbox.take(track(0), 0, 1_000), 3)
    })
  )

  it.live(
    "writes one line into the log while the server is away, and one when it answers again",
    () =>
      Effect.gen(function* () {
        const place = yield* Server.start()
        const lines: Array<string> = []
        const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel}: ${message}`))
        const url = () => place.url().replace("millrace@", "millrace:very-secret@")
        yield* Effect.gen(function* () {
          const outbox = yield* opened({ url }, { lease: 2_000, renew: 500 })
          yield* outbox.append(chunk([parcel(track(0), "a")]))
          yield* place.kill
          const appending = yield* Effect.forkChild(
            Effect.all(
              ["b", "c", "d"].map((text) => outbox.append(chunk([parcel(track(0), text)]))),
              { concurrency: "unbounded" }
            )
          )
          while (lines.length === 0) yield* Effect.sleep(50)
          yield* place.start
          yield* Fiber.join(appending)
          // Whatever is written more would be written by the next call, too.
          yield* outbox.append(chunk([parcel(track(0), "e")]))
        }).pipe(Effect.provide(Logger.layer([logger])))
        assert.lengthOf(lines, 2)
        assert.match(
          lines[0]!,
          /^Warn: outbox: the PostgreSQL server 127\.0\.0\.1:\d+, database postgres is away \(.+\); nothing is stored/
        )
        assert.match(lines[1]!, /^Info: outbox: the PostgreSQL server .* answers again, after \d+s$/)
        assert.notInclude(lines.join(), "very-secret")
      }),
    60_000
  )

  it.live("says that it is closed to who comes too late", () =>
    Effect.gen(function* () {
      const place = yield* running
      const outbox = yield* Effect.scoped(opened(place, { schema: newSchema() }))
      const error = yield* Effect.flip(outbox.append(chunk([parcel(track(0), "a")])))
      assert.strictEqual(error.message, "the outbox is closed; open it again")
    })
  )

  it.live(
    "an instance that is cut off within a transaction holds nobody up for longer than the server allows",
    () =>
      Effect.gen(function* () {
        const place = yield* running
        const relay = yield* Relay.make(place)
        const schema = newSchema()
        const first = yield* opened(relay, { schema, lease: 2_000, renew: 500 })
        const second = yield* opened(place, { schema, lease: 2_000, renew: 500 })
        const [stored] = yield* first.append(chunk([parcel(track(0), "a")]))
        const lease = yield* leaseOf(first, track(0))
        const stopped = relay.stopAfter("for share")
        const settling = yield* Effect.forkChild(
          Effect.exit(first.settle([delivered(stored!.sequence, 0)], lease.token))
        )
        yield* Effect.promise(() => stopped)
        const cut = Date.now()
        // The takeover waits for the settlement that is under way, until the server has ended it; nothing else waits.
        const taking = yield* Effect.forkChild(
          Effect.repeat(second.lease([OutboxRules.trackLease(track(0))], 1), {
            until: ({ length }) => length === 1
          })
        )
        let longest = 0
        while (taking.pollUnsafe() === undefined) {
          const before = Date.now()
          yield* second.append(chunk([parcel(track(1), "b")]))
          longest = Math.max(longest, Date.now() - before)
        }
        const taken = yield* Fiber.join(taking)
        assert.isBelow(Date.now() - cut, 20_000)
        assert.isBelow(longest, 5_000)
        relay.mend()
        const exit = yield* Fiber.join(settling)
        assert.include(JSON.stringify(exit), "Overtaken")
        assert.strictEqual(yield* second.settle([delivered(stored!.sequence, 0)], taken[0]!.token), 1)
      }),
    60_000
  )

  it.live(
    "says that a server takes no changes, that it is not there, or lacks the database, and never a password",
    () =>
      Effect.gen(function* () {
        const place = yield* running
        yield* sql(place, "create database calm")
        yield* sql(place, "alter database calm set default_transaction_read_only = on")
        const failure = (url: string) =>
          Effect.map(
            Effect.flip(Effect.scoped(opened({ url: () => url }))),
            ({ reason, message }) => `${reason}: ${message}`
          )
        const standby = yield* failure(place.url("calm").replace("millrace@", "millrace:very-secret@"))
        assert.match(standby, /^Unavailable: .*takes no changes.*give the address of the primary/)
        const nowhere = yield* failure("postgres://millrace:very-secret@127.0.0.1:1/x")
        assert.match(nowhere, /^Unavailable: the PostgreSQL server 127.0.0.1:1, database x does not answer/)
        const lacking = yield* failure(place.url("lacking").replace("millrace@", "millrace:very-secret@"))
        assert.match(
          lacking,
          /^Unavailable: .*database lacking refuses the exporter.*"lacking" does not exist/
        )
        for (const text of [standby, nowhere, lacking]) assert.notInclude(text, "very-secret")
      }),
    60_000
  )

  it.live(
    "goes on with no server whose certificate is not trusted, unless the address says that it need not be encrypted",
    () =>
      Effect.gen(function* () {
        const place = yield* Server.start({ tls: true })
        const opening = (mode: string) =>
          Effect.scoped(opened({ url: () => place.url().replace("?sslmode=disable", mode) }))
        for (const mode of ["", "?sslmode=require"]) {
          const { message } = yield* Effect.flip(opening(mode))
          assert.match(message, /shows a certificate that is not trusted .*NODE_EXTRA_CA_CERTS/)
        }
        yield* opening("?sslmode=disable")
      })
  )

  it.live(
    "refuses another number of tracks, and tables of a later version, and changes nothing of either",
    () =>
      Effect.gen(function* () {
        const place = yield* running
        const schema = newSchema()
        yield* Effect.scoped(opened(place, { schema, tracks: 16 }))
        for (const attempt of [
          Effect.scoped(opened(place, { schema, tracks: 32 })),
          OutboxPostgres.check({ url: Redacted.make(place.url()), schema, tracks: 32 })
        ]) {
          const error = yield* Effect.flip(Effect.asVoid(attempt))
          assert.match(
            error.message,
            /settings\.tracks is 32, but .* made with 16, .* write tracks: 16 or leave it out/
          )
        }
        yield* OutboxPostgres.check({ url: Redacted.make(place.url()), schema, tracks: 16 })
        // Whoever says none takes those that are there; a new outbox has as many as most need.
        yield* sql(place, `update ${schema}.store set tracks = 64`)
        assert.strictEqual((yield* Effect.scoped(opened(place, { schema }))).tracks, 64)
        yield* OutboxPostgres.check({ url: Redacted.make(place.url()), schema })
        assert.strictEqual((yield* Effect.scoped(opened(place, { schema: newSchema() }))).tracks, 16)
        yield* sql(place, `update ${schema}.store set tracks = 16`)
        yield* sql(place, `update ${schema}.store set format = 99`)
        const newer = yield* Effect.flip(Effect.scoped(opened(place, { schema, tracks: 16 })))
        assert.strictEqual(newer.reason, "Newer")
        assert.include(newer.message, "format 99")
      })
  )

  it.live(
    "brings tables of an older version up to date once no exporter of that version runs, with all that they hold",
    () =>
      Effect.gen(function* () {
        const place = yield* running
        const schema = newSchema()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const older = yield* opened(place, { schema })
            yield* older.append(chunk([parcel(track(0), "kept")]))
            yield* sql(place, `drop table ${schema}.transfer`)
            yield* sql(place, `drop table ${schema}.letter_key`)
            yield* sql(place, `drop index ${schema}.dead_head`)
            yield* sql(place, `drop sequence ${schema}.lease_number`)
            yield* sql(place, `update ${schema}.store set format = 1, token = 41`)
            const { reason, message } = yield* Effect.flip(Effect.scoped(opened(place, { schema })))
            assert.strictEqual(reason, "Unavailable")
            assert.match(message, /older version still use it; stop/)
            assert.deepStrictEqual(yield* sql(place, `select format from ${schema}.store`), [{ format: 1 }])
            // The exporter of the older version goes on.
            yield* older.append(chunk([parcel(track(0), "as well")]))
          })
        )
        const later = yield* opened(place, { schema })
        assert.notDeepEqual(yield* sql(place, `select format from ${schema}.store`), [{ format: 1 }])
        assert.lengthOf(yield* later.take(track(0), 0, 1_000), 2)
        assert.isAbove((yield* leaseOf(later, track(0))).token, 41)
        assert.deepStrictEqual(Ledger.imbalance(yield* later.ledger), [])
      })
  )

  it.live("needs no right to make a schema where there is one", () =>
    Effect.gen(function* () {
      const place = yield* running
      const schema = newSchema()
      yield* sql(place, "create role carol login")
      yield* sql(place, `create schema ${schema} authorization carol`)
      const url = () => place.url().replace("millrace@", "carol@")
      const outbox = yield* opened({ url }, { schema })
      yield* outbox.append(chunk([parcel(track(0), "a")]))
      const refused = yield* Effect.flip(Effect.scoped(opened({ url }, { schema: newSchema() })))
      assert.match(
        refused.message,
        /refuses the exporter \(permission denied .*; check .* the rights of the user/
      )
    })
  )

  it.live("makes the tables once, however many begin at once", () =>
    Effect.gen(function* () {
      const place = yield* running
      const schema = newSchema()
      const all = yield* Effect.all(
        Array.from({ length: 5 }, () => opened(place, { schema })),
        { concurrency: "unbounded" }
      )
      for (const outbox of all) yield* outbox.append(chunk([parcel(track(0), "a")]))
      assert.lengthOf(yield* all[0]!.take(track(0), 0, 1_000), 5)
    })
  )

  it.live("takes up another address without a restart, when the server refuses the old one", () =>
    Effect.gen(function* () {
      const place = yield* running
      const schema = newSchema()
      for (const user of ["alice", "bob"]) {
        yield* sql(place, `create role ${user} superuser login`)
      }
      let user = "alice"
      const url = Effect.sync(() => Redacted.make(place.url().replace("millrace@", `${user}:secret@`)))
      const outbox = yield* opened(place, { schema, url })
      yield* outbox.append(chunk([parcel(track(0), "a")]))
      user = "bob"
      yield* sql(place, "alter role alice nologin")
      yield* sql(place, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'alice'")
      yield* outbox.append(chunk([parcel(track(0), "b")]))
      assert.lengthOf(yield* outbox.take(track(0), 0, 1_000), 2)
    })
  )

  it.live("as a plugin it takes credentials, reads them when it opens, and tells which are missing", () =>
    Effect.gen(function* () {
      const place = yield* running
      const schema = newSchema()
      const made = postgres({
        settings: { schema, tracks: 8 },
        credentials: { url: Redacted.make(place.url()) }
      })
      assert.strictEqual(made.plugin, "@millrace/outbox-postgres")
      yield* made.check!
      yield* Effect.scoped(Layer.build(made.layer))
    })
  )

  it.live("knows a record whose bytes are not those that were written, and keeps any text as it is", () =>
    Effect.gen(function* () {
      const place = yield* running
      const schema = newSchema()
      const outbox = yield* opened(place, { schema })
      const strange = `nul \0, mark \uF8FF, \uF8FF0, größe 🚀 ' " \\`
      const key = { route: strange, lane: strange, track: 1 }
      const entry = chunk([parcel(key, strange)], {
        origin: { source: strange, split: strange, position: strange },
        advance: { split: strange, after: undefined, to: strange }
      })
      yield* outbox.append({ ...entry, counts: [{ route: strange, kind: "read", key: "", events: 1 }] })
      const [found] = yield* outbox.take(key, 0, 1)
      assert.deepStrictEqual(found?.origin, { source: strange, split: strange, position: strange })
      assert.isFalse(found?.damaged)
      assert.deepStrictEqual(yield* outbox.checkpoint(strange, strange), Option.some(strange))
      assert.deepStrictEqual(Object.keys((yield* outbox.ledger).routes), [strange])
      const [lease] = yield* outbox.lease([OutboxRules.trackLease(key), "x".repeat(5_000)], 2)
      yield* sql(place, `update ${schema}.parcel set body = '\\x00'::bytea || substr(body, 2)`)
      assert.isTrue((yield* outbox.take(key, 0, 1))[0]?.damaged)
      const dead = [{ position: 0, reason: "damaged-record", detail: strange }]
      yield* outbox.settle([{ ...delivered(found!.sequence), dead }], lease!.token)
      const { letters } = yield* outbox.deadLetters({}, 0, 1_000)
      assert.deepStrictEqual([letters[0]?.codec, letters[0]?.detail], ["", strange])
    })
  )

  it.live(
    "never compresses records in the server's older way, and leaves rows where they are when they are marked",
    () =>
      Effect.gen(function* () {
        const place = yield* running
        const schema = newSchema()
        const outbox = yield* opened(place, { schema })
        const [row] = yield* sql(
          place,
          `select attcompression = 'l' or attstorage = 'e' as quick from pg_attribute
         where attrelid = '${schema}.parcel'::regclass and attname = 'body'`
        )
        assert.deepStrictEqual(row, { quick: true })
        const [stored] = yield* outbox.append(
          chunk([parcel(track(0), "the same again ".repeat(1_000), "b", "c")])
        )
        const { token } = yield* leaseOf(outbox, track(0))
        yield* outbox.settle([delivered(stored!.sequence, 1)], token)
        yield* outbox.settle([delivered(stored!.sequence, 2)], token)
        // The server's statistics lag a little behind.
        let stats: Readonly<Record<string, unknown>> | undefined
        while (stats?.["updates"] !== 2) {
          ;[stats] = yield* sql(
            place,
            `select n_tup_upd::int as updates, n_tup_hot_upd::int as hot from pg_stat_user_tables
           where relid = '${schema}.parcel'::regclass`
          )
        }
        assert.strictEqual(stats["hot"], 2)
      })
  )

  it.live(
    "keeps nothing in the server's sessions, so that a pooler may hand out another connection for each transaction",
    () =>
      Effect.gen(function* () {
        const place = yield* running
        const schema = newSchema()
        const outbox = yield* opened(place, { schema })
        yield* outbox.append(chunk([parcel(track(0), "a")]))
        const rows = yield* sql(
          place,
          `select (select count(*) from pg_locks where locktype = 'advisory')::int as locks,
           (select count(*) from pg_stat_activity where application_name = 'millrace' and state like '%in transaction%')::int as open,
           (select count(*) from pg_stat_activity where application_name = 'millrace' and query ilike 'listen%')::int as listening`
        )
        assert.deepStrictEqual(rows, [{ locks: 0, open: 0, listening: 0 }])
      })
  )
})
