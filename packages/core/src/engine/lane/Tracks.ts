/**
 * The tracks of the lane that this instance owns. `Ownership` says which: it gives a track, asks for one back, and hears of one
 * that is lost; whoever is refused by the outbox marks the track as lost. The lane's own step carries out what follows
 * (`follow`): memory forgets what waits of a track that goes, and what is under way ends.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { isGone, type OwnTrack } from "../message/OwnTrack.ts"

export interface Tracks {
  /** Those that the lane sends for. */
  readonly owned: () => ReadonlyArray<OwnTrack>
  readonly owns: (track: number) => boolean
  /** Which part of all tracks these are; all of them while there is none. */
  readonly part: () => number
  /** Whether messages of the track are under way by a lease that the lane has no more. */
  readonly isBusy: (track: number) => boolean
  readonly own: (own: OwnTrack) => void
  /** Asks for a track back; resolves when nothing of it is under way. */
  readonly giveUp: (own: OwnTrack) => Deferred.Deferred<void>
  /** Told of each track that goes, once; then whoever waits hears when it is gone. `isSettled`: the outbox has heard of all that ended. */
  readonly follow: (isSettled: boolean, onGoing: (own: OwnTrack) => void) => void
  /** One of them; `undefined` while there is none. */
  readonly anyOwned: () => OwnTrack | undefined
}

export const make = (all: number): Tracks => {
  const tracks = new Map<number, OwnTrack>()
  /** Those that go, with who waits for that. */
  const going = new Map<OwnTrack, Deferred.Deferred<void> | undefined>()
  const isSent = (own: OwnTrack | undefined): boolean => own !== undefined && !isGone(own)

  /** Asked in each step and for each answer. */
  const size = () => {
    let sent = 0
    for (const own of tracks.values()) if (isSent(own)) sent++
    return sent
  }

  return {
    owned: () => [...tracks.values()].filter(isSent),
    part: () => (size() || all) / all,
    owns: (track) => isSent(tracks.get(track)),
    isBusy: (track) =>
      [...going.keys()].some((own) => own.track === track) || tracks.get(track)?.isLost === true,
    own: (own) => {
      tracks.set(own.track, own)
    },
    giveUp: (own) => {
      const gone = going.get(own) ?? Deferred.makeUnsafe<void>()
      own.isLeaving = true
      going.set(own, gone)
      return gone
    },
    follow: (isSettled, onGoing) => {
      for (const own of tracks.values()) {
        if (!own.isSure()) own.isLost = true
        if (isSent(own)) continue
        tracks.delete(own.track)
        if (!going.has(own)) going.set(own, undefined)
        onGoing(own)
      }
      for (const [own, gone] of going) {
        if (own.underWay > 0 || !isSettled) continue
        going.delete(own)
        if (gone !== undefined) Deferred.doneUnsafe(gone, Effect.void)
      }
    },
    anyOwned: () => {
      for (const own of tracks.values()) if (!own.isLost) return own
      return undefined
    }
  }
}
