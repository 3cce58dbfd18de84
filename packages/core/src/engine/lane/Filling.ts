/**
 * What brings messages into a lane's memory beside those that are handed to it: parcels read back, and groups that wait no
 * longer. Owns whether more is to come; the end of a finite run writes it (`flush`). Both effects run in the lane's own step.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { LaneKey, Outbox, OutboxError } from "../../Outbox.ts"
import type { Credentials } from "./Credentials.ts"
import * as LaneMemory from "./LaneMemory.ts"
import type { Settling } from "./Settling.ts"

export interface Filling {
  /** Nothing more will come: neither groups nor half-filled requests need wait. */
  readonly flush: () => void
  readonly isFlushing: () => boolean
  readonly catchUp: Effect.Effect<void, OutboxError>
  /** Makes messages of groups that wait no longer; `false` when there is none. */
  readonly form: Effect.Effect<boolean, OutboxError>
}

export interface Options {
  readonly key: LaneKey
  readonly outbox: Outbox["Service"]
  readonly memory: LaneMemory.LaneMemory
  readonly credentials: Credentials
  readonly settling: Settling
  readonly onChange: () => void
  /** Parcels of a track were read back; the oldest was appended at this time. */
  readonly onRead: (track: number, appendedAt: number) => void
}

export const make = ({ key, outbox, memory, credentials, settling, onChange, onRead }: Options): Filling => {
  let flushing = false

  /** Groups wait no longer: nothing will come for them, or there is no room for what might. */
  const isPressed = () => (memory.isLagging() ? !memory.isHungry() : flushing || !memory.hasRoom())

  return {
    flush: () => {
      flushing = true
    },
    isFlushing: () => flushing,
    catchUp: Effect.gen(function* () {
      const lagging = memory.beginReadBack()
      const most = Math.floor(LaneMemory.readBackBytes / lagging.length)
      // Asked for together: a store may answer with one look.
      const answers = yield* Effect.forEach(
        lagging,
        ({ own, after }) => outbox.take({ ...key, track: own.track }, after, most),
        { concurrency: "unbounded" }
      )
      const now = yield* Clock.currentTimeMillis
      const { readBack } = credentials.destination()
      for (const [index, { own }] of lagging.entries()) {
        const parcels = answers[index]!
        const [oldest] = parcels
        if (oldest !== undefined) onRead(own.track, oldest.appendedAt)
        for (const parcel of parcels)
          memory.restore(own, parcel.sequence, readBack(parcel), parcel.attempts, now)
        memory.readBack(
          own,
          parcels.reduce((sum, { records }) => sum + records.bytes.length, 0),
          most
        )
      }
      onChange()
    }),
    form: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const { opened, window, composer } = credentials.destination()
      const size = { events: opened.limits.messageEvents, bytes: opened.limits.messageBytes }
      const formed = memory.groups.take(now, window, size, isPressed())
      if (formed.length === 0) return false
      // Neither waiting nor under way while it is stored: the lane must not look empty.
      settling.hold()
      const composed = yield* composer.form(formed)
      memory.batches.push(composed.items.filter(({ own }) => !own.isLost))
      memory.end(composed.dead, now)
      settling.release()
      // The step that follows tells what ended.
      return true
    })
  }
}
