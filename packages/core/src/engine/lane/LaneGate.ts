/**
 * Whether the lane may send: its health, stored where it must outlive the process, and what the log was told of it.
 *
 * Owns the health. Four write it: the answer to an attempt (`after`), changed credentials (`reopened`), an operator
 * (`pause`), and what another instance found (`adopt`). Each of the first three stores the gate that follows, and the log hears of it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Log from "../../Log.ts"
import type { Gate, Observe } from "../../Observer.ts"
import type { GateState, LaneKey, Outbox, OutboxError } from "../../Outbox.ts"
import * as Fenced from "../message/Fenced.ts"
import type { OwnTrack } from "../message/OwnTrack.ts"
import * as Health from "./Health.ts"
import type { OpenDestination } from "./OpenDestination.ts"
import * as Trouble from "./Trouble.ts"
import type { Verdict } from "./Verdict.ts"

export interface LaneGate {
  readonly health: () => Health.Health
  /** After an attempt; `keep` stores what follows. */
  readonly after: (verdict: Verdict, moment: Health.Moment) => void
  /** All lanes of the destination wait, because the remote asked one of them to: other instances are to hear of it. */
  readonly waitWith: (shared: Readonly<Health.Shared>, now: number) => Effect.Effect<void, OutboxError>
  /** Stores the gate where it is another than before, and tells the log. */
  readonly keep: (before: GateState) => Effect.Effect<void, OutboxError>
  /** With changed credentials; `held` is why the configuration holds the lane, if it does. */
  readonly reopened: (held: string | undefined) => Effect.Effect<void, OutboxError>
  /** An operator's pause, or its end. */
  readonly pause: (paused: boolean, held: string | undefined) => Effect.Effect<void, OutboxError>
  /** Another instance set it. */
  readonly adopt: (gate: GateState) => Effect.Effect<void>
  /** When a line of the log is due that no attempt brings about, in epoch milliseconds. */
  readonly lineAt: () => number
  readonly log: Effect.Effect<void>
}

export interface Options {
  readonly key: LaneKey
  readonly outbox: Outbox["Service"]
  readonly destination: OpenDestination
  readonly observe: Observe | undefined
  /** A track by whose lease the lane stores its gate; `undefined` while it owns none. */
  readonly anyOwned: () => OwnTrack | undefined
  /** The gate as it was stored. */
  readonly stored: GateState | undefined
}

export const make = ({
  key,
  outbox,
  destination,
  observe,
  anyOwned,
  stored
}: Options): Effect.Effect<LaneGate> =>
  Effect.map(Clock.Clock, (clock) => {
    const start = clock.currentTimeMillisUnsafe()
    let health = Health.start(start, stored, destination.held, destination.policy)
    let told: Trouble.Told | undefined

    const tell = (before: GateState | undefined) => {
      if (health.gate !== before) observe?.(observed(key, health.gate, clock.currentTimeMillisUnsafe()))
    }
    if (!health.gate.open) tell(undefined)

    const log = Effect.gen(function* () {
      const next = Trouble.next(told, health, yield* Clock.currentTimeMillis)
      told = next.told
      if (next.line === undefined) return
      const { state, text, reason } = next.line
      yield* Log.write(`lane-${state}`, text, { ...key, ...(reason === "" ? {} : { reason }) })
    })

    /** What the lane found out itself; while it owns no track it has nothing to say of it. */
    const store = Effect.suspend(() => {
      const own = anyOwned()
      return own === undefined
        ? Effect.void
        : Fenced.write(own, undefined, outbox.setGate(key, health.gate, own))
    })

    const keep = Effect.fnUntraced(function* (before: GateState) {
      tell(before)
      if (health.gate !== before) yield* store
      yield* log
    })

    return {
      health: () => health,
      after: (verdict, moment) => {
        health = Health.after(health, verdict, moment)
      },
      keep,
      waitWith: (shared, now) =>
        Effect.suspend(() => {
          const before = health.gate
          health = Health.waitingWith(health, shared, now)
          return health.gate === before ? Effect.void : keep(before)
        }),
      reopened: (held) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const before = health.gate
          health = Health.reopened(health, held, now)
          return keep(before)
        }),
      pause: Effect.fnUntraced(function* (paused, held) {
        const now = yield* Clock.currentTimeMillis
        const wanted = paused ? Health.pause(health, now) : Health.resume(health, held, now)
        // Stored first: what an operator was told is done holds after a restart too.
        if (wanted.gate !== health.gate) yield* outbox.setGate(key, wanted.gate)
        const before = health.gate
        health = { ...health, gate: wanted.gate, reason: wanted.reason, trouble: wanted.trouble }
        tell(before)
        yield* log
      }),
      adopt: (gate) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const before = health.gate
          health = Health.adopt(health, gate, now)
          tell(before)
          return log
        }),
      lineAt: () => Trouble.dueAt(told, health),
      log
    }
  })

const observed = ({ route, lane }: LaneKey, { open, reason, notBefore }: GateState, at: number): Gate => ({
  _tag: "Gate",
  route,
  lane,
  open,
  ...(reason === "" ? {} : { reason }),
  ...(notBefore > at ? { notBefore } : {}),
  at
})
