/** Opens the store: makes it or brings it up to date, enters the session, and sees to what goes on in the background. */
import { randomBytes } from "node:crypto"
import type { Outbox, OutboxError } from "@millrace/core/Outbox"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Client from "./client.ts"
import * as ErasureTable from "./erasures.ts"
import { told } from "./failure.ts"
import * as Format from "./format.ts"
import type { Times } from "./liveness.ts"
import * as Mark from "./mark.ts"
import * as Names from "./names.ts"
import * as News from "./news.ts"
import * as Room from "./room.ts"
import * as Service from "./service.ts"
import * as Session from "./session.ts"
import * as Statements from "./statements.ts"
import * as Writer from "./writer.ts"

export interface Place {
  readonly url: Effect.Effect<Redacted.Redacted, OutboxError>
  readonly changed?: Effect.Effect<void> | undefined
  readonly schema: string
  /** Those that it was made with unless given. */
  readonly tracks: number | undefined
  readonly size: number | undefined
  readonly times: Times
}

/** How often it is looked what others use of the room, in milliseconds. */
const lookEvery = 1_000

/** A number that no other session has: 52 bits. */
const newSession = (): number => randomBytes(8).readUIntBE(0, 6) * 16 + (randomBytes(1)[0]! & 15) + 1

export const connect = (place: Place) => Client.make(place.url, place.changed)

export const open = Effect.fnUntraced(function* (
  place: Place
): Effect.fn.Return<Outbox["Service"], OutboxError, Scope.Scope> {
  const client = yield* connect(place)
  const { schema, tracks, times } = place
  const sql = Statements.make(schema)
  const id = newSession()
  const clock = yield* Clock.Clock
  const opening = Effect.gen(function* () {
    const made = yield* Format.migrate(client, schema, tracks)
    yield* Format.expectTracks(schema, made, tracks)
    const names = Names.make(client.run, sql)
    const room = yield* Room.make(client.run, sql, place.size)
    const writer = yield* Writer.make(client, { sql, names, session: id }, room, id)
    // Who takes over waits for what a former owner has under way; what goes on in our own tracks does not wait with it.
    const leaseWriter = yield* Writer.make(client, { sql, names, session: id }, room, -id)
    const session = yield* Session.make(client, sql, id, times, leaseWriter)
    // Whoever begins to move the outbox sees this session, or is seen now.
    yield* Mark.expectHere(schema, yield* Mark.read(client.run, schema))
    const hearing = yield* News.make(client.run, sql, names, id, session)
    if (place.size !== undefined) {
      const look = writer.between(Effect.ignore(room.look))
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookEvery), look)))
    }
    if (yield* ErasureTable.isScrubDue(client.run, sql)) {
      yield* Effect.forkScoped(Effect.ignore(ErasureTable.scrub(client, sql)))
    }
    yield* client.opened
    return Service.make({ client, sql, names, tracks: made.tracks, id, session, writer, room, hearing })
  })
  const service = yield* told(client.place, opening)
  return timed(service, clock)
})

/** Whoever calls, what waits here waits by the clock of the layer: the server's time is no other than that. */
const timed = (service: Outbox["Service"], clock: Clock.Clock): Outbox["Service"] => ({
  ...service,
  news: Effect.provideService(service.news, Clock.Clock, clock)
})
