/** The outbox as core asks for it. */
import * as Ledger from "@millrace/core/Ledger"
import { type Appending, Outbox, type OutboxError, type Stored } from "@millrace/core/Outbox"
import * as OutboxRefusals from "@millrace/core/OutboxRefusals"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import type { Entry } from "./calls.ts"
import type { Client } from "./client.ts"
import * as Compositions from "./compositions.ts"
import * as Dead from "./dead.ts"
import * as ErasureTable from "./erasures.ts"
import type { SqlFailure } from "./failure.ts"
import * as Failure from "./failure.ts"
import * as Fences from "./fences.ts"
import * as Letters from "./letters.ts"
import type { Names } from "./names.ts"
import type { Hearing } from "./news.ts"
import { texts } from "./parameters.ts"
import * as Reads from "./reads.ts"
import type { Room } from "./room.ts"
import type { Session } from "./session.ts"
import type { Statements } from "./statements.ts"
import * as Takes from "./takes.ts"
import type { Writer } from "./writer.ts"

export interface Parts {
  readonly client: Client
  readonly sql: Statements
  readonly names: Names
  readonly tracks: number
  /** The number of this session. */
  readonly id: number
  readonly session: Session
  readonly writer: Writer
  readonly room: Room
  readonly hearing: Hearing
}

export const make = ({
  client,
  sql,
  names,
  tracks,
  id,
  session,
  writer,
  room,
  hearing
}: Parts): Outbox["Service"] => {
  const { run } = client
  const take = Takes.make(run, sql, names)
  const told = <A>(effect: Effect.Effect<A, SqlFailure | OutboxError>) => Failure.told(client.place, effect)

  // Only the wait for room can be interrupted, and then nothing was stored.
  const appendWithRoom = (entry: Entry): Effect.Effect<ReadonlyArray<Stored>, OutboxError> =>
    Effect.flatMap(writer.call({ kind: "append", entry }), (places) =>
      typeof places === "object"
        ? Effect.succeed(places)
        : Effect.andThen(
            room.latch.await,
            Effect.suspend(() => appendWithRoom(entry))
          )
    )

  return Outbox.of({
    shared: true,
    tracks,
    append: (entry) => Effect.suspend(() => appendWithRoom(kept(entry))),
    full: Effect.sync(() => !room.latch.isOpen()),
    room: room.latch.await,
    usage: Effect.sync(room.usage),
    settle: (settlements, token) =>
      Effect.map(writer.call({ kind: "settle", settlements, token }), (freed) =>
        typeof freed === "number" ? freed : 0
      ),
    take: (track, after, bytes) => told(take(track, after, bytes)),
    compose: (track, compositions, replaces, token) =>
      Effect.asVoid(writer.call({ kind: "compose", track, compositions, replaces, token })),
    compositions: (track) =>
      told(
        Effect.andThen(
          names.learnHeads([track]),
          Effect.suspend(() => Compositions.read(run, sql, names.headOf(track)))
        )
      ),
    setGate: (lane, { open, reason, since, notBefore, former }, by) =>
      Effect.flatMap(told(names.lane(lane)), (number) =>
        writer.change(
          Effect.fnUntraced(function* (run) {
            const fences = yield* Fences.lock(run, sql, [by?.token])
            const track = { ...lane, track: by?.track ?? 0 }
            if (by !== undefined && !Fences.holdsTrack(fences, by.token, track)) {
              return yield* OutboxRefusals.lostTrack(track)
            }
            const before = former === undefined ? null : JSON.stringify(former)
            yield* run(sql.setGate, [number, open, reason, since, notBefore, before, id])
          })
        )
      ),
    lanes: told(Reads.lanes(run, sql)),
    checkpoint: (source, split) => told(Reads.checkpoint(run, sql, source, split)),
    looks: (source) => told(Reads.looks(run, sql.looks, source)),
    looked: (source, at) =>
      writer.change(
        Effect.fnUntraced(function* (run) {
          const after = OutboxRules.looked(yield* Reads.looks(run, sql.lockLooks, source), at)
          yield* run(sql.keepLooks, [source, after.days, after.at])
        })
      ),
    splits: (source, day, after) => told(Reads.splits(run, sql, source, day, after)),
    confirm: (source, splits) =>
      Effect.asVoid(writer.change((run) => run(sql.confirm, [source, texts(splits)]))),
    forget: (source, splits, day) =>
      Effect.map(
        writer.change((run) => run(sql.forget, [source, texts(splits), day])),
        ({ length }) => length
      ),
    lease: session.lease,
    join: session.join,
    instances: session.instances,
    news: told(hearing.news),
    deadLetterHeads: (filter, after, bytes) => told(Letters.heads(run, sql, filter, after, bytes)),
    deadLetters: (filter, after, bytes) => told(Letters.letters(run, sql, names, filter, after, bytes)),
    countDeadLetters: (filter, after) => told(Letters.count(run, sql, filter, after)),
    keepKeys: (keys) => writer.change((run) => Letters.keepKeys(run, sql, keys)),
    purge: (ids, reason) =>
      writer.change((run, changes) =>
        Effect.map(Dead.unbury(run, sql, changes, ids), (gone) => {
          for (const { route } of gone) changes.count(route, "erased", reason, 1)
          return gone.length
        })
      ),
    erasures: told(ErasureTable.all(run, sql)),
    erase: (digest, at) =>
      writer.change((run) =>
        Effect.asVoid(Effect.andThen(run(sql.erase, [digest, at]), run(sql.setScrub, [true])))
      ),
    scrub: told(ErasureTable.scrub(client, sql)),
    ledger: told(Effect.map(Reads.counts(run, sql), Ledger.fromCounts))
  })
}

const kept = (entry: Appending): Entry => ({
  ...entry,
  buried: entry.buried.map((buried) => ({ ...buried, ...OutboxRules.keep(buried) }))
})
