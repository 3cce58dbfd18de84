/**
 * The intake of one source: a chunk through every route that reads it, then through the door to be stored.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Codec from "../../Codec.ts"
import type { Event } from "../../Event.ts"
import type { Checkpoint, Chunk, Claim, Claimed, Intake, Split } from "../../Intake.ts"
import type { OutboxError } from "../../Outbox.ts"
import { SourceError } from "../../Source.ts"
import type { Door } from "./Door.ts"
import type { Planner } from "./Planner.ts"

/** Milliseconds for a source to end what is under way in a split that another asks for. */
const timeToFinish = 30_000

interface ToStore {
  readonly split: Split | undefined
  readonly checkpoint: Checkpoint | undefined
  readonly storing: Effect.Effect<void, OutboxError>
}

/** The intake of one run of a source. */
export interface Made {
  readonly intake: Intake
  /** Fails when another has read on from where this run stood, outside a claim: its checkpoints are to be asked anew. */
  readonly overtaken: Deferred.Deferred<never, SourceError>
}

/** `dedupes`: events that were taken before are left out. */
export const make = (planner: Planner, door: Door, dedupes: boolean): Made => {
  const overtaken = Deferred.makeUnsafe<never, SourceError>()
  const checkpoints = new Map<Split, Checkpoint>()
  const lost = new Map<Split, Deferred.Deferred<void>>()

  const advanceOf = ({ split, checkpoint }: Chunk<Event>) =>
    split === undefined || checkpoint === undefined
      ? undefined
      : { split, after: checkpoints.get(split), to: checkpoint }

  const advanced = (split: Split | undefined, checkpoint: Checkpoint | undefined): void => {
    if (split !== undefined && checkpoint !== undefined) checkpoints.set(split, checkpoint)
  }

  const giveUp = (split: Split | undefined, { detail }: OutboxError): Effect.Effect<never> => {
    const gone = split === undefined ? undefined : lost.get(split)
    // Whoever reads the split now has it from here on, and this reader is interrupted.
    const told =
      gone === undefined
        ? Deferred.fail(overtaken, new SourceError({ kind: "retry", reason: "overtaken", detail }))
        : Deferred.succeed(gone, undefined)
    return Effect.andThen(told, Effect.never)
  }

  const storing = (chunk: Chunk<Event>): Effect.Effect<void, OutboxError> => {
    const advance = advanceOf(chunk)
    if (!dedupes) return door.store(planner.plan(chunk, advance, 0))
    const ids = chunk.events.map(({ id }) => id)
    return door.storeUnseen((seen) => {
      const fresh = firstOf(ids, seen)
      return planner.plan(only(chunk, fresh), advance, ids.length - fresh.length)
    })
  }

  const planned = (chunk: Chunk<Event>): Effect.Effect<ToStore> =>
    Effect.map(door.room, () => ({
      storing: storing(chunk),
      split: chunk.split,
      checkpoint: chunk.checkpoint
    }))

  // What waits holds on to all it was made of, and to what stood beside that in its function. So this knows nothing of the
  // chunk: while it waits for the store and for lanes, the chunk's events are garbage already.
  const store = ({ storing, split, checkpoint }: ToStore): Effect.Effect<void> =>
    Effect.matchEffect(storing, {
      onSuccess: () => Effect.sync(() => advanced(split, checkpoint)),
      onFailure: (error) => giveUp(split, error)
    })

  const claimOnce = Effect.fnUntraced(function* <A, X>(
    split: Split,
    read: (after: Option.Option<Checkpoint>, claim: Claim) => Effect.Effect<A, X>
  ): Effect.fn.Return<Claimed<A>, X, Scope.Scope> {
    const claim = yield* door.claim(split)
    if (Option.isNone(claim)) return { _tag: "Elsewhere" } as const
    const { after, lost: taken, revoked } = claim.value
    const gone = yield* Deferred.make<void>()
    if (Option.isSome(after)) checkpoints.set(split, after.value)
    else checkpoints.delete(split)
    lost.set(split, gone)
    const reading = Effect.map(read(after, { revoked }), (value) => ({ _tag: "Finished", value }) as const)
    const losing = Effect.raceAllFirst([
      taken,
      Deferred.await(gone),
      Effect.andThen(revoked, Effect.sleep(timeToFinish))
    ])
    return yield* Effect.ensuring(
      Effect.raceFirst(reading, Effect.as(losing, { _tag: "Lost" } as const)),
      Effect.sync(() => {
        lost.delete(split)
        checkpoints.delete(split)
      })
    )
  })

  const intake: Intake = {
    append: (chunk) => Effect.flatMap(planned(chunk), store),
    full: door.full,
    claim: Effect.fnUntraced(function* <A, X>(
      split: Split,
      read: (after: Option.Option<Checkpoint>, claim: Claim) => Effect.Effect<A, X>
    ): Effect.fn.Return<Claimed<A>, X> {
      for (;;) {
        const claimed = yield* Effect.scoped(claimOnce(split, read))
        if (claimed._tag !== "Lost" || !door.claimsAgain) return claimed
      }
    }),
    expect: door.expect,
    unread: door.unread,
    problems: (found) => door.problems(found),
    lag: (found) => door.lag(found),
    present: door.present
  }
  return { intake, overtaken }
}

/** The first position of each id that was not seen. An empty id is no id: it makes nothing a duplicate. */
const firstOf = (ids: ReadonlyArray<string>, seen: ReadonlySet<string>): ReadonlyArray<number> => {
  const taken = new Set(seen)
  const positions: Array<number> = []
  for (let position = 0; position < ids.length; position++) {
    const id = ids[position]!
    if (id !== "" && taken.has(id)) continue
    taken.add(id)
    positions.push(position)
  }
  return positions
}

const only = (chunk: Chunk<Event>, positions: ReadonlyArray<number>): Chunk<Event> => {
  const { events, records } = chunk
  if (positions.length === events.length) return chunk
  const kept = { ...chunk, events: positions.map((position) => events[position]!) }
  return records === undefined ? kept : { ...kept, records: Codec.select(records, positions) }
}
