/**
 * Persons whose waiting events are to be removed from the lane. Owns who is asked for: whoever asks adds to the end and
 * waits; the lane's own step takes from the front, once nothing is under way, and answers.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Composition, LaneKey, Outbox, OutboxError } from "../../Outbox.ts"
import * as Fenced from "../message/Fenced.ts"
import type { OwnTrack } from "../message/OwnTrack.ts"
import type { Decoders } from "../message/ReadBack.ts"
import { eraseStored } from "./EraseStored.ts"
import type { LaneMemory } from "./LaneMemory.ts"
import type { LaneShare } from "./LaneShare.ts"
import type { Tracks } from "./Tracks.ts"

export interface EraseRequests {
  readonly waiting: () => number
  /** Returns how many events were removed, once they are. */
  readonly ask: (user: string) => Effect.Effect<number, OutboxError>
  /** Answers the first who asked. */
  readonly next: Effect.Effect<void>
}

export interface Options {
  readonly key: LaneKey
  readonly outbox: Outbox["Service"]
  readonly decode: Decoders
  readonly tracks: Tracks
  readonly memory: LaneMemory
  readonly share: LaneShare
  readonly wake: () => void
}

export const make = ({ key, outbox, decode, tracks, memory, share, wake }: Options): EraseRequests => {
  const requests: Array<{ readonly user: string; readonly done: Deferred.Deferred<number, OutboxError> }> = []

  const erase = Effect.fnUntraced(function* (user: string) {
    let events = 0
    const stored = new Map<OwnTrack, ReadonlyArray<Composition>>()
    for (const own of tracks.owned()) {
      const track = { ...key, track: own.track }
      const found = yield* Fenced.write(
        own,
        { events: 0, freed: 0 },
        eraseStored(outbox, track, own.token, decode, user)
      )
      share.free(found.freed)
      events += found.events
      stored.set(own, yield* outbox.compositions(track))
    }
    // What stands in memory may be theirs.
    if (events > 0) memory.startOver(stored)
    return events
  })

  return {
    waiting: () => requests.length,
    ask: Effect.fnUntraced(function* (user) {
      const done = yield* Deferred.make<number, OutboxError>()
      requests.push({ user, done })
      wake()
      return yield* Deferred.await(done)
    }),
    next: Effect.suspend(() => {
      const request = requests.shift()
      return request === undefined
        ? Effect.void
        : Effect.asVoid(Deferred.into(erase(request.user), request.done))
    })
  }
}
