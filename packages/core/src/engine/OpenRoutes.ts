/**
 * All routes of an exporter with their destinations open, and all of their lanes. Owns which routes are open; each of them
 * owns its lanes. `LaneWatch` waits for these lanes.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Definition, retentionOf } from "../Definition.ts"
import type { Reader } from "../internal/reader.ts"
import type { Observe } from "../Observer.ts"
import type { LaneKey, LaneState, NewParcel, Outbox, OutboxError, Role } from "../Outbox.ts"
import type { PluginError } from "../Plugin.ts"
import { follows } from "../Route.ts"
import { knownTo } from "./intake/Known.ts"
import * as LaneWatch from "./LaneWatch.ts"
import type { Lane } from "./lane/Lane.ts"
import * as Pacing from "./lane/Pacing.ts"
import type { Decoders } from "./message/ReadBack.ts"
import * as OpenRoute from "./OpenRoute.ts"
import * as Ownership from "./Ownership.ts"
import { type ToReader, trackName } from "./threads/ReaderMessages.ts"

export interface OpenRoutes {
  readonly named: (route: string) => OpenRoute.OpenRoute | undefined
  /** Those that take what a source reads as it comes. */
  readonly of: (source: string) => ReadonlyArray<OpenRoute.OpenRoute>
  readonly lanes: () => ReadonlyArray<Lane>
  readonly lane: (key: LaneKey) => Lane | undefined
  readonly watch: LaneWatch.LaneWatch
  /** Names of tracks for which preparing is not worth it now. */
  readonly busyTracks: () => ReadonlyArray<string>
  /** What was stored without its lanes: they read it back. */
  readonly lag: (parcels: ReadonlyArray<NewParcel>) => Effect.Effect<void>
  /** Runs all lanes; fails when the outbox does. */
  readonly run: Effect.Effect<void, OutboxError>
  /** Nothing is sent any more: others may have all tracks. */
  readonly release: Effect.Effect<void>
}

export interface Options {
  readonly outbox: Outbox["Service"]
  /** What the outbox held of lanes at the start. */
  readonly stored: ReadonlyArray<LaneState>
  readonly decode: Decoders
  /** What this instance does. */
  readonly roles: ReadonlyArray<Role>
  /** How long a finite run bears with a lane that fails, in milliseconds. */
  readonly patience: number
  /** Told of a destination that was opened anew. */
  readonly readers: ReadonlyArray<Reader>
  readonly observe: Observe | undefined
}

export const open = Effect.fnUntraced(function* (
  definition: Definition,
  { outbox, stored, decode, roles, patience, readers, observe }: Options
): Effect.fn.Return<OpenRoutes, PluginError | OutboxError, Scope.Scope> {
  const routes = new Map<string, OpenRoute.OpenRoute>()
  const lanes = () => [...routes.values()].flatMap((route) => [...route.lanes.values()])
  const lane = (key: LaneKey) => routes.get(key.route)?.lanes.get(key.lane)
  const watch = yield* LaneWatch.make(lanes, patience)
  const ownership = yield* Ownership.make({ outbox, roles, lanes, lane, observe })
  const all = Array.from({ length: outbox.tracks }, (_, track) => track)

  for (const route of definition.routes) {
    const opened = yield* OpenRoute.open(route, {
      outbox,
      stored,
      decode,
      known: knownTo(route, definition.sources),
      retention: retentionOf(definition, route),
      ownership,
      observe,
      onChange: watch.onChange,
      onReopen: () => {
        const message: ToReader = { kind: "reopen", route: route.name }
        for (const { port } of readers) port.postMessage(message)
      }
    })
    routes.set(route.name, opened)
  }

  return {
    named: (route) => routes.get(route),
    of: (source) => [...routes.values()].filter(({ route }) => follows(route, source)),
    lanes,
    lane,
    watch,
    busyTracks: () =>
      lanes().flatMap(({ key, view, tracks }) => {
        const accepts = Pacing.accepts(view())
        return all
          .filter((track) => !accepts || !tracks.owns(track))
          .map((track) => trackName(key.route, key.lane, track))
      }),
    lag: (parcels) =>
      Effect.sync(() => {
        for (const parcel of parcels) lane(parcel)?.lag(parcel.track ?? 0, parcel.records.bytes.length)
      }),
    release: ownership.release,
    run: Effect.raceFirst(
      ownership.run,
      Effect.forEach(routes.values(), (route) => route.run, { concurrency: "unbounded", discard: true })
    )
  }
})
