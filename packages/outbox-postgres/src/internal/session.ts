/** This instance among the others: its row, which is renewed while it lives, and its leases. */
import type { Instance, InstanceState, Outbox, OutboxError, Role } from "@millrace/core/Outbox"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Client, Run } from "./client.ts"
import { told } from "./failure.ts"
import * as Leases from "./liveness.ts"
import { longs, texts } from "./parameters.ts"
import { shortKey } from "./shortKey.ts"
import type { Statements } from "./statements.ts"
import type { Writer } from "./writer.ts"

/** An instance takes itself for dead a little before the server does. */
const margin = 1_000

export interface Session extends Pick<Outbox["Service"], "lease" | "join" | "instances"> {
  readonly leases: Leases.Leases
  /** Buries the sessions that were not heard of; `true` when there were any. */
  readonly buryExpired: Effect.Effect<boolean, OutboxError>
  /** The number that others change when they join, leave, take or release; and the part of it that we changed. */
  readonly ownFleetChanges: () => Set<number>
}

/** Buries sessions: their leases are free, their counts go to those that nobody owns. */
const bury = Effect.fnUntraced(function* (run: Run, sql: Statements, session: number) {
  const gone = yield* run<{ id: number }>(sql.buryExpired, [session])
  if (gone.length === 0) return false
  const ids = longs(gone.map(({ id }) => id))
  yield* run(sql.freeOf, [ids])
  yield* run(sql.fold, [ids])
  return true
})

export const make = Effect.fnUntraced(function* (
  client: Client,
  sql: Statements,
  session: number,
  times: Leases.Times,
  writer: Writer
): Effect.fn.Return<Session, OutboxError, Scope.Scope> {
  const clock = yield* Clock.Clock
  const now = () => Number(clock.currentTimeNanosUnsafe() / 1_000_000n)
  const leases = Leases.make()
  const fleetChanges = new Set<number>()
  let surely = now() + times.lease - margin
  let joined: Instance | undefined

  /** Numbers for so many leases; marks the fleet as changed, last in a transaction, since all wait for this row. */
  const tokens = Effect.fnUntraced(function* (run: Run, many: number) {
    const [row] = yield* run<{ token: number; fleet: number }>(sql.tokens, [many])
    return { first: row!.token - many + 1, fleet: row!.fleet }
  })
  const changed = (fleet: number) => void fleetChanges.add(fleet)

  const enter = client.once(times.renew)(sql.enter, [session, joined?.name ?? null, "", times.lease])

  const renew = Effect.fnUntraced(function* () {
    const asked = now()
    const tell = client.once(times.renew)
    const [row] = yield* tell<{ alive: number; held: ReadonlyArray<number> }>(sql.renew, [
      session,
      times.lease
    ])
    if (row!.alive === 0) {
      // Others took us for dead, and our leases with it.
      leases.lose(() => true)
      yield* tell(sql.enter, [session, joined?.name ?? null, (joined?.roles ?? []).join(","), times.lease])
    }
    const held = new Set(row!.held)
    leases.lose(({ token, at }) => at < asked && !held.has(token))
    if (leases.given.size > 0) {
      const given = [...leases.given]
      yield* tell(sql.release, [longs(given)])
      for (const token of given) leases.given.delete(token)
    }
    surely = Math.max(surely, asked + times.lease - margin)
  })

  const watchful = Effect.forever(
    Effect.suspend(() => {
      const left = surely - now()
      if (left > 0) return Effect.sleep(left)
      leases.lose(() => true)
      return Effect.sleep(Math.min(100, times.renew))
    })
  )

  yield* told(client.place, enter)
  yield* Effect.forkScoped(watchful)
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(times.renew), Effect.ignore(renew()))))
  // A session that cannot say goodbye is buried by the others.
  const leave = writer.change(
    Effect.fnUntraced(function* (run) {
      yield* run(sql.leave, [session])
      yield* run(sql.freeOf, [longs([session])])
      yield* run(sql.fold, [longs([session])])
      yield* tokens(run, 0)
    })
  )
  yield* Effect.addFinalizer(() =>
    client.closing.pipe(
      Effect.andThen(Effect.ignore(leave)),
      Effect.andThen(Effect.ignore(client.once("5 seconds")(sql.forgetMade, [session])))
    )
  )

  const buryExpired = Effect.map(
    writer.change(
      Effect.fnUntraced(function* (run) {
        const any = yield* bury(run, sql, session)
        return { any, fleet: any ? Option.some((yield* tokens(run, 0)).fleet) : Option.none() }
      })
    ),
    ({ any }) => any
  )

  const acquire = Effect.fnUntraced(function* (names: ReadonlyArray<string>, most: number) {
    const keys = new Map(names.map((name) => [shortKey(name), name]))
    const { rows, fleet } = yield* writer.change(
      Effect.fnUntraced(function* (run) {
        const isBuried = yield* bury(run, sql, session)
        const alive = yield* run(sql.alive, [session])
        const none = { rows: [], fleet: undefined }
        if (alive.length === 0) return none
        const wanted = texts([...keys.keys()])
        const others = yield* run<{ key: string; owner: number }>(sql.taken, [wanted])
        const taken = new Set(others.map(({ key }) => key))
        const free = [...keys.keys()].filter((key) => !taken.has(key)).slice(0, most)
        if (free.length === 0) {
          if (isBuried) yield* tokens(run, 0)
          return none
        }
        const { first, fleet } = yield* tokens(run, free.length)
        const rows = yield* run<{ key: string; token: number }>(sql.take, [
          session,
          texts(free),
          texts(free.map((key) => keys.get(key)!)),
          longs(free.map((_, index) => first + index))
        ])
        return { rows, fleet }
      })
    )
    if (fleet !== undefined) changed(fleet)
    // Not before it is committed: a renewal that was asked for until now may know nothing of it.
    const at = now()
    return rows.map(({ key, token }) => leases.hold(keys.get(key)!, token, at))
  })

  const release = Effect.fnUntraced(function* (which: ReadonlyArray<Leases.Held>) {
    const given = which.filter(({ token }) => leases.held.delete(token)).map(({ token }) => token)
    if (given.length === 0) return
    for (const token of given) leases.given.add(token)
    const { fleet } = yield* writer.change((run) =>
      Effect.andThen(run(sql.release, [longs(given)]), tokens(run, 0))
    )
    for (const token of given) leases.given.delete(token)
    changed(fleet)
  })

  const lease: Session["lease"] = (names, most) =>
    Effect.map(
      Effect.acquireRelease(acquire(names, most), (held) => Effect.ignore(release(held))),
      (held) =>
        held.map((one) => ({
          name: one.name,
          token: one.token,
          // Instances share tracks out among themselves, by who is there.
          revoked: Effect.never,
          lost: Deferred.await(one.lost),
          // What cannot be told now is told with the next renewal.
          release: Effect.ignore(release([one]))
        }))
    )

  const nameIt = (instance: Instance | undefined) =>
    Effect.andThen(
      Effect.sync(() => {
        joined = instance
      }),
      writer.change((run) =>
        Effect.andThen(
          run(sql.name, [session, instance?.name ?? null, (instance?.roles ?? []).join(",")]),
          tokens(run, 0)
        )
      )
    ).pipe(Effect.map(({ fleet }) => changed(fleet)))

  return {
    leases,
    lease,
    join: (instance) =>
      Effect.asVoid(Effect.acquireRelease(nameIt(instance), () => Effect.ignore(nameIt(undefined)))),
    instances: told(
      client.place,
      Effect.map(
        client.run<{
          name: string
          roles: string
          since: number
          until_at: number
          leases: ReadonlyArray<string>
        }>(sql.instances),
        (rows) =>
          rows.map(
            ({ name, roles, since, until_at, leases }): InstanceState => ({
              name,
              roles: roles.split(",").filter(isRole),
              since,
              seen: Math.round(until_at - times.lease),
              leases
            })
          )
      )
    ),
    buryExpired,
    ownFleetChanges: () => fleetChanges
  }
})

const isRole = (text: string): text is Role => text === "read" || text === "deliver"
