/** Makes changes one transaction at a time: all that came in together share one. */
import type { OutboxError } from "@millrace/core/Outbox"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import type { Call, Value } from "./calls.ts"
import * as Changes from "./changes.ts"
import type { Client, Run } from "./client.ts"
import { type SqlFailure, told, unavailable } from "./failure.ts"
import type { Room } from "./room.ts"
import * as Transaction from "./transaction.ts"

/** The most appends in one transaction. */
const mostAppends = 16

/** How long settlements wait for others, or for an append that takes them along, in milliseconds: nobody waits for them. */
const linger = 20

export interface Writer {
  /** Resolves when the call is durable. Whoever waits for it is not interrupted: he would not know whether it was made. */
  readonly call: (call: Call) => Effect.Effect<Value, OutboxError>
  /** A change that has a transaction of its own; it counts by `changes`. */
  readonly change: <A>(
    body: (run: Run, changes: Changes.Changes) => Effect.Effect<A, SqlFailure | OutboxError>
  ) => Effect.Effect<A, OutboxError>
  /** Runs between two transactions. */
  readonly between: (effect: Effect.Effect<void>) => Effect.Effect<void>
}

interface Shared {
  readonly kind: "shared"
  readonly call: Call
  readonly done: Deferred.Deferred<Value, OutboxError>
  readonly fail: (error: OutboxError) => void
}

interface Alone {
  readonly kind: "alone"
  readonly carryOut: Effect.Effect<void>
  readonly fail: (error: OutboxError) => void
}

/** Of what comes when the layer has ended. */
const closed = unavailable("the outbox is closed; open it again")

const failing =
  <A>(done: Deferred.Deferred<A, OutboxError>) =>
  (error: OutboxError): void =>
    void Deferred.doneUnsafe(done, Effect.fail(error))

export const make = Effect.fnUntraced(function* (
  client: Client,
  around: Omit<Transaction.Around, "isFull">,
  room: Room,
  /** By which its transactions are known afterwards: another for each writer of a session. */
  key: number
) {
  const { sql, names, session } = around
  let waiting: ReadonlyArray<Shared | Alone> = []
  const arrived = yield* Latch.make(false)
  /** Something else than settlements waits. */
  const isUrgent = yield* Latch.make(false)
  let ticket = 0
  const nextTicket = () => ({ sql: sql.made, parameters: [key, ++ticket] })

  let isClosed = false
  /** Requests that nobody has answered yet. */
  const open = new Set<Shared | Alone>()

  const offer = (one: Shared | Alone): void => {
    if (isClosed) {
      one.fail(closed)
      return
    }
    open.add(one)
    waiting = [...waiting, one]
    if (one.kind === "alone" || one.call.kind !== "settle") isUrgent.openUnsafe()
    arrived.openUnsafe()
  }

  // Registered before the work begins, so that it runs when that has ended.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isClosed = true
      for (const one of open) one.fail(closed)
    })
  )

  /** Those that are next: one that goes alone, or all before the next that does. */
  const next = (): ReadonlyArray<Shared | Alone> => {
    if (waiting[0]?.kind === "alone") {
      const [first, ...rest] = waiting
      waiting = rest
      return [first]
    }
    let appends = 0
    const end = waiting.findIndex(
      (one) => one.kind === "alone" || (one.call.kind === "append" && ++appends > mostAppends)
    )
    const taken = end < 0 ? waiting : waiting.slice(0, end)
    waiting = waiting.slice(taken.length)
    return taken
  }

  const transact = (calls: ReadonlyArray<Call>) =>
    Effect.andThen(
      Transaction.prepare(names, calls),
      Effect.suspend(() =>
        client.transact(nextTicket(), (run) =>
          Transaction.carryOut(run, { sql, names, session, isFull: room.isFullWith }, calls)
        )
      )
    ).pipe(
      (transaction) => told(client.place, transaction),
      Effect.tap(({ weight }) => Effect.sync(() => room.add(weight)))
    )

  const commit = (requests: ReadonlyArray<Shared>): Effect.Effect<void> =>
    Effect.flatMap(Effect.exit(transact(requests.map(({ call }) => call))), (exit) => {
      if (Exit.isSuccess(exit)) {
        const { answers } = exit.value
        return Effect.forEach(requests, ({ done }, index) => Deferred.done(done, exitOf(answers[index]!)), {
          discard: true
        })
      }
      const [first, second] = requests
      // Each by itself then, so that one that is refused fails no other.
      if (second !== undefined) return Effect.forEach(requests, (one) => commit([one]), { discard: true })
      return Effect.asVoid(Deferred.failCause(first!.done, exit.cause))
    })

  const work = Effect.forever(
    Effect.gen(function* () {
      yield* arrived.await
      if (!isUrgent.isOpen()) yield* Effect.timeoutOption(isUrgent.await, linger)
      const taken = next()
      if (waiting.length === 0) {
        arrived.closeUnsafe()
        isUrgent.closeUnsafe()
      }
      const [first] = taken
      if (first?.kind === "alone") yield* first.carryOut
      else yield* commit(taken.filter((one) => one.kind === "shared"))
      for (const one of taken) open.delete(one)
    })
  )
  yield* Effect.forkScoped(work)

  const change: Writer["change"] = (body) =>
    Effect.suspend(() => {
      const done = Deferred.makeUnsafe<Effect.Success<ReturnType<typeof body>>, OutboxError>()
      const made = Effect.fnUntraced(function* (run: Run) {
        const changes = Changes.make()
        const value = yield* body(run, changes)
        yield* Changes.writeCounts(run, sql, session, changes)
        return { value, weight: changes.weight }
      })
      // The ticket is taken when its turn has come: those before it have smaller ones.
      const carryOut = Effect.suspend(() => client.transact(nextTicket(), made)).pipe(
        Effect.tap(({ weight }) => Effect.sync(() => room.add(weight))),
        Effect.map(({ value }) => value),
        (changed) => told(client.place, changed),
        Effect.exit,
        Effect.flatMap((exit) => Deferred.done(done, exit)),
        Effect.asVoid
      )
      offer({ kind: "alone", carryOut, fail: failing(done) })
      return Deferred.await(done)
    }).pipe(Effect.uninterruptible)

  return {
    call: (call) =>
      Effect.suspend(() => {
        const done = Deferred.makeUnsafe<Value, OutboxError>()
        offer({ kind: "shared", call, done, fail: failing(done) })
        return Deferred.await(done)
      }).pipe(Effect.uninterruptible),
    change,
    between: (effect) =>
      Effect.suspend(() => {
        const done = Deferred.makeUnsafe<void, OutboxError>()
        offer({
          kind: "alone",
          carryOut: Effect.flatMap(Effect.exit(effect), (exit) => Deferred.done(done, exit)),
          fail: failing(done)
        })
        return Effect.ignore(Deferred.await(done))
      })
  } satisfies Writer
})

const exitOf = <A, E>(answer: Result.Result<A, E>): Exit.Exit<A, E> =>
  Result.isSuccess(answer) ? Exit.succeed(answer.success) : Exit.fail(answer.failure)
