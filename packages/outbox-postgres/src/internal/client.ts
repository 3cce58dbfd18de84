/** Connections to the server: statements and transactions, tried again where that helps. */
import { type PgConnection, PgPool, PgTypes } from "@effect/sql-pg"
import type { OutboxError } from "@millrace/core/Outbox"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Absence from "./absence.ts"
import * as Failure from "./failure.ts"
import { placeOf, withTls } from "./place.ts"
import { limits as setLimits } from "./statements.ts"
import { fromStored, toStored } from "./text.ts"

/** A statement and its parameters. `Row` is what its columns hold: the caller knows the tables. */
export type Run = <Row = unknown>(
  sql: string,
  parameters?: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<Row>, Failure.SqlFailure>

export interface Client {
  /** The server and the database, without a password. */
  readonly place: () => string
  /** The server may be away for longer while the store is open than when it opens and closes. */
  readonly opened: Effect.Effect<void>
  readonly closing: Effect.Effect<void>
  /** One statement, which is the same when it is made twice; tried again while the server is away. */
  readonly run: Run
  /** The same, once and for a limited time. */
  readonly once: (within: Duration.Input) => Run
  /**
   * A transaction. It is made once and whole, also when the connection is lost while it ends: `ticket` grows with each of them,
   * and tells afterwards whether it was made. `body` may run several times. Its failure of the port undoes the transaction.
   */
  readonly transact: <A>(
    ticket: Ticket | undefined,
    body: (run: Run) => Effect.Effect<A, Failure.SqlFailure | OutboxError>
  ) => Effect.Effect<A, Failure.SqlFailure | OutboxError>
}

/**
 * A statement that sets the limits of the transaction, its first two parameters, and that fails to return a row where the transaction
 * was made before.
 */
export interface Ticket {
  readonly sql: string
  readonly parameters: ReadonlyArray<unknown>
}

/** How long the server may be away before a call fails. A standby takes over within this time; who opens wants to know sooner. */
const patience = { opening: 5_000, open: 60_000 }
/** The most conflicts with others before a call fails. */
const mostConflicts = 200
/** How long one statement may take, and a transaction that waits for us. A cut-off instance holds its locks no longer than this. */
const limits = { statement: 30_000, idle: 15_000 }
const connections = 8
const largestMessage = 512 * 1024 * 1024

/** Whole numbers as numbers: none here goes beyond 2^53. */
const types = PgTypes.makeRegistry()
types.register<number>(
  PgTypes.OID.int8,
  {
    encode: (value) => PgTypes.encode(BigInt(value), PgTypes.OID.int8),
    decode: (bytes) => Result.map(PgTypes.decode(bytes, PgTypes.OID.int8, 1), Number)
  },
  { arrayOid: PgTypes.arrayOidFor(PgTypes.OID.int8) }
)

const broken = Cause.fail(new Failure.SqlFailure({ kind: "Away", code: "", detail: "the connection broke" }))

/** A ticket that was used before belongs to another transaction: to go on would be to take that one for this. */
const usedTwice = Effect.die(new Error("a ticket of the outbox was used twice"))

interface Opened {
  readonly url: string
  readonly pool: PgPool.PgPool
  readonly scope: Scope.Closeable
}

/** A client of the server that `url` names. It is read anew when `changed` completes, and when the server refuses the old one. */
export const make = Effect.fnUntraced(function* (
  url: Effect.Effect<Redacted.Redacted, OutboxError>,
  changed: Effect.Effect<void> | undefined
) {
  const scope = yield* Scope.Scope
  const clock = yield* Clock.Clock
  const opening = yield* Semaphore.make(1)
  const now = () => clock.currentTimeMillisUnsafe()
  const timed = Effect.provideService(Clock.Clock, clock)
  let patient = patience.opening
  const absence = Absence.make(now, () => placeOf(current.url))

  const open = Effect.fnUntraced(function* (address: Redacted.Redacted) {
    // No child of ours: then what is opened last would be closed first, before others have said goodbye over it.
    const own = yield* Scope.make()
    const pool = yield* PgPool.make({
      url: withTls(address),
      prepare: false,
      types,
      maxConnections: connections,
      connectTimeout: "5 seconds",
      keepAlive: "10 seconds",
      applicationName: "millrace",
      maxMessageSize: largestMessage
    }).pipe(Effect.provideService(Scope.Scope, own), Effect.orDie, timed)
    return { url: Redacted.value(address), pool, scope: own } satisfies Opened
  })

  let current: Opened = yield* Effect.flatMap(url, open)
  yield* Effect.addFinalizer(() => Scope.close(current.scope, Exit.void))

  /** Takes up another address; what runs on the old one ends there. */
  const renew = opening
    .withPermits(1)(
      Effect.gen(function* () {
        const address = yield* url
        if (Redacted.value(address) === current.url) return
        const before = current
        current = yield* open(address)
        // What is under way there has ended by then.
        const end = Effect.andThen(Effect.sleep(2 * limits.statement), Scope.close(before.scope, Exit.void))
        yield* Effect.forkIn(timed(end), scope)
      })
    )
    .pipe(Effect.ignore)

  if (changed !== undefined) {
    yield* Effect.forkIn(timed(Effect.forever(Effect.andThen(changed, renew))), scope)
  }

  const statement = (connection: PgConnection.PgConnection): Run =>
    (<Row>(sql: string, parameters: ReadonlyArray<unknown> = []) =>
      Effect.matchEffect(connection.query(sql, parameters.map(stored), false), {
        onSuccess: ({ rows }) => Effect.succeed(rows.map(restored) as unknown as ReadonlyArray<Row>),
        onFailure: (error) => Effect.fail(Failure.fromSql(error))
      })) satisfies Run

  /** Bounds what the network may swallow: the server's own limit comes first. */
  const within = <A, E>(span: Duration.Input, effect: Effect.Effect<A, E>) =>
    Effect.timeoutOrElse(effect, {
      duration: span,
      orElse: () =>
        Effect.fail(new Failure.SqlFailure({ kind: "Away", code: "", detail: "no answer in time" }))
    })

  const onConnection = <A, E>(
    use: (connection: PgConnection.PgConnection, pool: PgPool.PgPool) => Effect.Effect<A, E>
  ) =>
    Effect.scoped(
      Effect.suspend(() => {
        const { pool } = current
        return Effect.flatMap(Effect.mapError(pool.reserve, Failure.fromSql), (connection) =>
          use(connection, pool)
        )
      })
    ).pipe(
      // A pool whose connections break interrupts those who wait for one.
      Effect.catchCause((cause) => Effect.failCause(Cause.hasInterruptsOnly(cause) ? broken : cause))
    )

  /** Somebody may correct an address while the store is open; at its opening he is told at once. */
  const longestOf = (kind: Failure.SqlFailure["kind"]): number => {
    if (kind === "Away" || kind === "ReadOnly") return patient
    return patient === patience.open ? patience.opening : -1
  }

  /** Runs `attempt` until it succeeds, or fails for good. */
  const persist = <A, E>(attempt: Effect.Effect<A, E | Failure.SqlFailure>) =>
    Effect.suspend(() => {
      let conflicts = 0
      let since: number | undefined
      let pause = 20
      const next = (failure: Failure.SqlFailure): Effect.Effect<A, E | Failure.SqlFailure> => {
        if (failure.kind === "Conflict") {
          conflicts++
          if (conflicts > mostConflicts) return Effect.fail(failure)
          return Effect.andThen(
            Effect.flatMap(Random.nextBetween(1, Math.min(100, 5 * conflicts)), Effect.sleep),
            round
          )
        }
        if (!Failure.mayPass(failure)) return Effect.fail(failure)
        since ??= now()
        if (now() - since > longestOf(failure.kind)) return Effect.fail(failure)
        pause = Math.min(1_000, 2 * pause)
        const renewed = failure.kind === "Away" ? Effect.void : renew
        return Effect.andThen(renewed, Effect.andThen(Effect.sleep(pause), round))
      }
      const round: Effect.Effect<A, E | Failure.SqlFailure> = Effect.suspend(() =>
        Effect.catch(attempt, (error) =>
          error instanceof Failure.SqlFailure ? next(error) : Effect.fail(error)
        )
      )
      return round
    })

  const once =
    (span: Duration.Input): Run =>
    (sql, parameters) =>
      timed(
        absence.heard(
          within(
            span,
            onConnection((connection) => statement(connection)(sql, parameters))
          )
        )
      )

  const transact: Client["transact"] = <A>(
    ticket: Ticket | undefined,
    body: (run: Run) => Effect.Effect<A, Failure.SqlFailure | OutboxError>
  ) =>
    Effect.suspend(() => {
      /** What the body yielded before an end that nobody heard of. */
      let unsure: { readonly value: A } | undefined
      const attempt = onConnection((connection, pool) => {
        const run = statement(connection)
        const made = Effect.gen(function* () {
          yield* run("begin isolation level read committed")
          const fresh = yield* run(ticket === undefined ? setLimits : ticket.sql, [
            String(limits.statement),
            String(limits.idle),
            ...(ticket?.parameters ?? [])
          ])
          if (fresh.length === 0) {
            yield* run("rollback")
            return unsure === undefined ? yield* usedTwice : unsure.value
          }
          const value = yield* body(run)
          unsure = { value }
          yield* run("commit")
          return value
        })
        // One bound for all of its statements: one for each would cost more than most of them.
        return within(2 * limits.statement, made).pipe(
          Effect.onError(() =>
            // A connection that cannot even undo what was begun is of no use to the next.
            Effect.catch(Effect.asVoid(within(5_000, statement(connection)("rollback"))), () =>
              pool.invalidate(connection)
            )
          )
        )
      })
      return timed(persist(absence.heard(attempt)))
    })

  return {
    place: () => placeOf(current.url),
    run: (sql, parameters) => timed(persist(once(limits.statement + 5_000)(sql, parameters))),
    opened: Effect.sync(() => {
      patient = patience.open
      absence.tell(true)
    }),
    closing: Effect.sync(() => {
      patient = patience.opening
      absence.tell(false)
    }),
    once,
    transact
  } satisfies Client
})

const stored = (value: unknown): unknown => (typeof value === "string" ? toStored(value) : value)

const restored = (row: PgConnection.Row): PgConnection.Row => {
  let changed: Record<string, unknown> | undefined
  for (const column in row) {
    const value = row[column]
    if (typeof value !== "string") continue
    const text = fromStored(value)
    if (text !== value) changed = { ...(changed ?? row), [column]: text }
  }
  return changed ?? row
}
