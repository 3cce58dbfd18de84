/**
 * The sources of an exporter, each kept running by itself: in the exporter's own thread, and in those that read beside it.
 *
 * Owns the first error of a thread, and the news that a thread left splits behind. One source, or one thread, that cannot go
 * on stops neither the others nor what was read.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Definition } from "../Definition.ts"
import type { Reader } from "../internal/reader.ts"
import * as Log from "../Log.ts"
import type { SourceError } from "../Source.ts"
import type { Intakes } from "./Intakes.ts"
import type * as Door from "./intake/Door.ts"
import type { SourceStates } from "./intake/SourceStates.ts"
import * as Supervise from "./intake/Supervise.ts"
import * as Readers from "./threads/Readers.ts"

export interface Sources {
  /** Reads until every source has ended. */
  readonly read: Effect.Effect<void>
  /** Why sources, or threads, could not go on. */
  readonly error: () => SourceError | undefined
}

export interface Options {
  readonly sources: Definition["sources"]
  readonly readers: ReadonlyArray<Reader>
  readonly follow: boolean
  readonly states: SourceStates
  readonly intakes: Intakes
  /** Into how many tracks each lane is divided. */
  readonly tracks: number
  /** Names of tracks for which preparing is not worth it now. */
  readonly busyTracks: () => ReadonlyArray<string>
}

export const make = ({ sources, readers, follow, states, intakes, tracks, busyTracks }: Options): Sources => {
  const named = Object.entries(sources)
  let readerError: SourceError | undefined
  let leaving = Deferred.makeUnsafe<void>()

  /** A thread that is gone stops neither the others nor what was read: its splits are looked for anew. */
  const noted = (reading: Effect.Effect<void, SourceError>) =>
    Effect.catch(reading, (error) =>
      Effect.suspend(() => {
        readerError ??= error
        if (!follow) return Effect.void
        const left = leaving
        leaving = Deferred.makeUnsafe()
        return Effect.andThen(Log.write("reader-lost", error.message), Deferred.succeed(left, undefined))
      })
    )

  const supervised = (name: string, door: Door.Door) => {
    const source = sources[name]!
    const isParallel = source.parallel === true
    return Supervise.forever({
      source,
      intake: () => intakes.intake(name, door),
      // Threads read; who owns the lanes reads in the time that these leave.
      run: { follow, ...(isParallel && readers.length > 0 ? { splits: 1 } : {}) },
      again: door.again,
      ...(isParallel ? { leftBehind: Effect.suspend(() => Deferred.await(leaving)) } : {}),
      onChange: Log.write("credentials-changed", "the credentials changed and are in use", {
        source: name
      })
    }).pipe(Effect.andThen(states.ended(name)), Effect.ignore)
  }

  /** Reads in the exporter's own thread, by the doors given where there is one. */
  const here = (own: ReadonlyMap<string, Door.Door>) =>
    Effect.forEach(named, ([name]) => supervised(name, own.get(name) ?? intakes.door(name)), {
      concurrency: "unbounded",
      discard: true
    })

  const shared = () =>
    new Map(
      named.flatMap(([name, { parallel }]) =>
        parallel === true ? [[name, intakes.door(name)] as const] : []
      )
    )

  return {
    read: Effect.suspend(() =>
      readers.length === 0
        ? here(new Map())
        : Readers.together({ readers, doors: shared(), follow, tracks, busyTracks, noted, here })
    ),
    error: () => states.error() ?? readerError
  }
}
