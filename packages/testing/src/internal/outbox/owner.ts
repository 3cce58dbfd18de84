/**
 * An outbox as one exporter uses it that owns all tracks of all lanes: what it settles and composes it says by the lease of the
 * track, taken when it is first needed. So one suite holds for stores with one owner and with several.
 */
import type {
  Appending,
  LaneKey,
  Outbox,
  OutboxError,
  Sequence,
  Settlement,
  Token,
  TrackKey
} from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"

export interface Owner extends Omit<Outbox["Service"], "append" | "settle"> {
  /** The outbox itself. */
  readonly store: Outbox["Service"]
  readonly append: (entry: Appending) => Effect.Effect<ReadonlyArray<Sequence>, OutboxError>
  readonly settle: (settlements: ReadonlyArray<Settlement>) => Effect.Effect<number, OutboxError>
  /** Those of the ids that were remembered at `since` or later. */
  readonly seen: (
    ids: ReadonlyArray<string>,
    since: number
  ) => Effect.Effect<ReadonlySet<string>, OutboxError>
}

/** The tracks of all parcels that a place has ever held. */
export type Homes = Map<Sequence, TrackKey>

const nowhere: TrackKey = { route: "crm", lane: "ios" }

const trackOf = ({ route, lane }: LaneKey, track = 0): TrackKey => ({ route, lane, track })

export const of = Effect.fnUntraced(function* (
  outbox: Outbox["Service"],
  homes: Homes
): Effect.fn.Return<Owner, never, Scope.Scope> {
  const scope = yield* Scope.Scope
  const tokens = new Map<string, Token>()

  const tokenOf = Effect.fnUntraced(function* (track: TrackKey) {
    const name = OutboxRules.trackLease(track)
    const known = tokens.get(name)
    if (known !== undefined) return known
    const [lease] = yield* Scope.provide(outbox.lease([name], 1), scope)
    if (lease === undefined) return yield* Effect.die(`nobody else can have the lease ${name}`)
    tokens.set(name, lease.token)
    return lease.token
  })

  return {
    ...outbox,
    store: outbox,
    append: (entry) =>
      Effect.map(outbox.append(entry), (stored) =>
        stored.map(({ sequence }, index) => {
          const { track, ...lane } = entry.parcels[index]!
          homes.set(sequence, trackOf(lane, track))
          return sequence
        })
      ),
    settle: Effect.fnUntraced(function* (settlements) {
      let freed = 0
      const tracks = Map.groupBy(settlements, ({ parcel }) =>
        OutboxRules.trackLease(homes.get(parcel) ?? nowhere)
      )
      for (const some of tracks.values()) {
        const track = homes.get(some[0]!.parcel) ?? nowhere
        freed += yield* outbox.settle(some, yield* tokenOf(track))
      }
      return freed
    }),
    compose: Effect.fnUntraced(function* (track, compositions, replaces) {
      yield* outbox.compose(track, compositions, replaces, yield* tokenOf(track))
    }),
    // An append that can never be: it is refused for the ids first, and else for its checkpoint.
    seen: (ids, since) =>
      outbox
        .append({
          origin: { source: "seen", split: "never", position: "" },
          at: since,
          parcels: [],
          buried: [],
          counts: [],
          remember: ids,
          unseenSince: since,
          advance: { split: "never", after: "never", to: "never" }
        })
        .pipe(
          Effect.flip,
          Effect.map(({ seen = [] }) => new Set(seen)),
          Effect.catch(() => Effect.die("an append with a wrong checkpoint was not refused"))
        )
  }
})
