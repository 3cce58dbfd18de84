/** This instance among the others: its row, which is renewed while it lives, and its leases. */
import type { Instance, InstanceState, Outbox, OutboxError, Role, Token } from "@millrace/core/Outbox"
import * as OutboxLeases from "@millrace/core/OutboxLeases"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Client, Run } from "./client.ts"
import { told } from "./failure.ts"
import * as Leases from "./liveness.ts"
import { longs, texts } from "./parameters.ts"
import { shortKey } from "./shortKey.ts"
import type { Statements } from "./statements.ts"
import { trackOf } from "./trackOf.ts"
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
  const sureFor = () => surely - now()
  let joined: Instance | undefined
  /** While some lease is being taken, the server may know of it before we do. */
  const acquisitions = { begun: 0, open: 0 }

  /** Others look at who is there, and at what is free. */
  const markFleet = (run: Run) =>
    Effect.map(run<{ fleet: number }>(sql.markFleet), ([row]) => {
      const { fleet } = row!
      return fleet
    })
  const changed = (fleet: number) => void fleetChanges.add(fleet)

  const enter = client.once(times.renew)(sql.enter, [session, joined?.name ?? null, "", times.lease])

  const renew = Effect.fnUntraced(function* () {
    const asked = now()
    const begun = acquisitions.open === 0 ? acquisitions.begun : -1
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
    // What was taken by a statement of which no answer came.
    if (begun === acquisitions.begun)
      for (const token of held) if (!leases.held.has(token)) leases.given.add(token)
    if (leases.given.size > 0) {
      const given = [...leases.given]
      yield* tell(sql.release, [longs(given)])
      for (const token of given) leases.given.delete(token)
    }
    surely = Math.max(surely, asked + times.lease - margin)
  })

  const watchful = Effect.forever(
    Effect.suspend(() => {
      const left = sureFor()
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
      yield* markFleet(run)
    })
  )
  yield* Effect.addFinalizer(() =>
    client.closing.pipe(
      Effect.andThen(Effect.ignore(leave)),
      Effect.andThen(Effect.ignore(client.once("5 seconds")(sql.forgetMade, [session])))
    )
  )

  const buryExpired = writer.change(
    Effect.fnUntraced(function* (run) {
      const any = yield* bury(run, sql, session)
      if (any) yield* markFleet(run)
      return any
    })
  )

  /**
   * Takes what is free, by one statement. Where nobody heard that it was made, it is made again and finds nothing free: what was
   * taken by it is given back with a renewal.
   */
  const takeFree = Effect.fnUntraced(function* (keys: ReadonlyMap<string, string>, most: number) {
    const rows = yield* client.run<{ key: string | null; token: number }>(sql.take, [
      session,
      texts([...keys.keys()]),
      texts([...keys.values()]),
      most
    ])
    // Not before it is committed: a renewal that was asked for until now may know nothing of it.
    const at = now()
    const taken = rows.flatMap(({ key, token }) =>
      key === null ? [] : [leases.hold(keys.get(key)!, token, at)]
    )
    return { taken, isAnyExpired: taken.length < rows.length }
  })

  const acquire = Effect.fnUntraced(
    function* (names: ReadonlyArray<string>, most: number) {
      const keys = new Map(names.map((name) => [shortKey(name), name]))
      const wanted = Math.min(most, keys.size)
      const { taken, isAnyExpired } = yield* takeFree(keys, wanted)
      if (taken.length === wanted || !isAnyExpired) return taken
      yield* buryExpired
      return [...taken, ...(yield* takeFree(keys, wanted - taken.length)).taken]
    },
    (acquiring) =>
      Effect.suspend(() => {
        acquisitions.begun++
        acquisitions.open++
        return Effect.ensuring(
          told(client.place, acquiring),
          Effect.sync(() => acquisitions.open--)
        )
      })
  )

  const release = Effect.fnUntraced(function* (tokens: ReadonlyArray<Token>) {
    const ours = tokens.flatMap((token) => leases.held.get(token) ?? [])
    if (ours.length === 0) return
    for (const { token } of ours) leases.held.delete(token)
    const given = ours.map(({ token }) => token)
    for (const { token, lost } of ours) {
      leases.given.add(token)
      Deferred.doneUnsafe(lost, Effect.void)
    }
    // Whoever wants a split looks for it again; a track that is free has to be taken at once.
    const isOfTracks = ours.some(({ name }) => trackOf(name) !== undefined)
    const [row] = yield* client.run<{ fleet: number }>(isOfTracks ? sql.releaseTracks : sql.release, [
      longs(given)
    ])
    for (const token of given) leases.given.delete(token)
    if (row !== undefined) changed(row.fleet)
  })

  const lease: Session["lease"] = (names, most) =>
    OutboxLeases.inScope(
      Effect.map(acquire(names, most), (held) =>
        held.map((one) => ({
          name: one.name,
          token: one.token,
          // Instances share tracks out among themselves, by who is there.
          revoked: Effect.never,
          lost: Deferred.await(one.lost),
          isSure: () => {
            if (sureFor() <= 0) leases.lose(() => true)
            return leases.held.has(one.token)
          },
          // What cannot be told now is told with the next renewal.
          release: Effect.ignore(release([one.token]))
        }))
      ),
      (held) => Effect.ignore(release(held.map(({ token }) => token)))
    )

  const nameIt = (instance: Instance | undefined) =>
    Effect.andThen(
      Effect.sync(() => {
        joined = instance
      }),
      writer.change((run) =>
        Effect.andThen(
          run(sql.name, [session, instance?.name ?? null, (instance?.roles ?? []).join(",")]),
          markFleet(run)
        )
      )
    ).pipe(Effect.map(changed))

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
