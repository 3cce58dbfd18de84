/**
 * Lanes with waiting events that the configuration no longer names: shown beside the others, and their events removed where
 * a person is erased. Owns nothing: which lanes they are follows from what is stored and which lanes are open.
 */
import * as Effect from "effect/Effect"
import * as Log from "../Log.ts"
import type { LaneKey, LaneState, Outbox, OutboxError } from "../Outbox.ts"
import type { LaneStatus } from "../Running.ts"
import { eraseUnowned } from "./lane/EraseStored.ts"
import type { Decoders } from "./message/ReadBack.ts"

export interface Orphans {
  readonly statuses: ReadonlyArray<LaneStatus>
  /** Removes what waits of a user for good; yields how many events that were. */
  readonly erase: (user: string) => Effect.Effect<number, OutboxError>
}

export interface Options {
  readonly outbox: Outbox["Service"]
  readonly stored: ReadonlyArray<LaneState>
  readonly decode: Decoders
  readonly isOpen: (key: LaneKey) => boolean
}

/** Finds them, and tells of each in the log. */
export const find = Effect.fnUntraced(function* ({
  outbox,
  stored,
  decode,
  isOpen
}: Options): Effect.fn.Return<Orphans> {
  const orphans = stored.filter((lane) => lane.waiting > 0 && !isOpen(lane))
  for (const { route, lane, waiting } of orphans) {
    yield* Log.write(
      "lane-not-configured",
      `${waiting} events wait for lane ${lane} of route ${route}, which is not in the configuration`,
      { route, lane }
    )
  }
  return {
    statuses: orphans.map(statusOf),
    erase: Effect.fnUntraced(function* (user) {
      let erased = 0
      for (const lane of yield* outbox.lanes) {
        if (!isOpen(lane)) erased += yield* eraseUnowned(outbox, lane, decode, user)
      }
      return erased
    })
  }
})

const statusOf = ({ route, lane, gate }: LaneState): LaneStatus => ({
  route,
  lane,
  gate: { open: false, reason: "not-in-configuration", since: gate.since, notBefore: 0 },
  trouble: "the configuration does not name it",
  reason: "not-in-configuration",
  underWay: 0
})
