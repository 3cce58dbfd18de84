/**
 * One lane at work: events in from append or read back from the outbox, requests out, settlements back.
 *
 * Puts the parts together, each of which owns its own state, and runs the loop: look at all of them, ask `Step` what is next,
 * and have it done by the part whose it is. The loop never polls: while the gate is open it sleeps until something changes or
 * the next due time.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import type { Opened } from "../../Destination.ts"
import type { Observe } from "../../Observer.ts"
import type { GateState, LaneKey, LaneState, Lease, Outbox, OutboxError, Stored } from "../../Outbox.ts"
import type { Route } from "../../Route.ts"
import type { LaneStatus } from "../../Running.ts"
import * as OwnTrack from "../message/OwnTrack.ts"
import type { Prepared } from "../message/Prepare.ts"
import type * as ReadBack from "../message/ReadBack.ts"
import * as Alarm from "./Alarm.ts"
import * as Conclude from "./Conclude.ts"
import * as Credentials from "./Credentials.ts"
import * as EraseRequests from "./EraseRequests.ts"
import * as Expiry from "./Expiry.ts"
import * as Filling from "./Filling.ts"
import * as Health from "./Health.ts"
import * as LaneGate from "./LaneGate.ts"
import * as LaneMemory from "./LaneMemory.ts"
import * as LaneShare from "./LaneShare.ts"
import type { LaneView } from "./LaneView.ts"
import * as OpenDestination from "./OpenDestination.ts"
import * as Sender from "./Sender.ts"
import * as Settling from "./Settling.ts"
import * as Step from "./Step.ts"
import * as Tracks from "./Tracks.ts"

export interface Lane {
  readonly key: LaneKey
  /** The lane at this moment. */
  readonly view: () => LaneView
  /** A parcel of so many bytes is durable. Told for every parcel of this instance, in the order of their sequences. */
  readonly offer: (
    track: number,
    stored: Stored,
    bytes: number,
    prepared: Prepared | undefined,
    now: number
  ) => void
  /** Parcels of so many bytes may be stored in a track that the lane was not told of. */
  readonly lag: (track: number, bytes: number) => void
  /**
   * From now on the lane sends what waits in a track, of which no parcel that is known is older. `isBehind`: parcels may be
   * stored in it.
   */
  readonly own: (
    track: number,
    lease: Pick<Lease, "token" | "isSure">,
    known: { readonly isBehind: boolean; readonly oldest: number | undefined }
  ) => Effect.Effect<OwnTrack.OwnTrack, OutboxError>
  /** A track is another's, or may be: nothing of it is sent or settled any more. */
  readonly lose: (own: OwnTrack.OwnTrack) => void
  /** Gives a track up; resolves when what is under way of it has ended and is settled. */
  readonly giveUp: (own: OwnTrack.OwnTrack) => Effect.Effect<void>
  readonly tracks: Pick<Tracks.Tracks, "owned" | "owns" | "isBusy">
  /** Another instance set the gate. */
  readonly adopt: (gate: GateState) => Effect.Effect<void>
  /** So many bytes of the lane are stored, whoever stored them. */
  readonly weigh: (bytes: number) => void
  /** Nothing more will come: groups need not wait for their window. */
  readonly flush: () => void
  readonly status: (now: number) => LaneStatus
  /** From now on with these credentials; a closed gate is tried at once. Attempts under way end first. */
  readonly reopen: (opened: Opened) => Effect.Effect<void>
  /** Removes a user's waiting events for good, once nothing is under way; returns how many there were. */
  readonly erase: (user: string) => Effect.Effect<number, OutboxError>
  /** An operator's pause, or its end. */
  readonly pause: (paused: boolean) => Effect.Effect<void, OutboxError>
  /** Sends until interrupted; fails when the outbox does. */
  readonly run: Effect.Effect<never, OutboxError>
  /** Waits for the attempts under way and their settlements. */
  readonly awaitAttempts: Effect.Effect<void>
}

export interface Options {
  readonly key: LaneKey
  readonly route: Route
  readonly opened: Opened
  /** What the outbox held of it before. */
  readonly stored: LaneState | undefined
  readonly shared: Health.Shared
  readonly outbox: Outbox["Service"]
  readonly decode: ReadBack.Decoders
  /** Milliseconds an event may wait before it becomes a dead letter. */
  readonly retention: number
  readonly observe: Observe | undefined
  /** Called whenever the lane may have become empty, closed, well or hungry. */
  readonly onChange: () => void
}

const makeParts = Effect.fnUntraced(function* (options: Options, wake: () => void) {
  const { key, route, outbox, stored, shared, decode, observe, onChange } = options
  const scope = yield* Effect.scope
  const fibers = yield* FiberSet.make<void, OutboxError>()
  const tracks = Tracks.make(outbox.tracks)
  const memory = LaneMemory.make()
  const share = LaneShare.make(route.share, stored?.bytes ?? 0)
  const destination = OpenDestination.make(options, options.opened)
  const { anyOwned } = tracks
  const gate = yield* LaneGate.make({
    key,
    outbox,
    destination,
    observe,
    anyOwned,
    stored: stored?.gate
  })
  const credentials = Credentials.make(options, destination, gate)
  const settling = Settling.make({ key, outbox, memory, share, observe, fibers, wake })
  const { retention } = options
  const expiry = yield* Expiry.make({ key, outbox, retention, memory, share, gate, settling })
  const erasures = EraseRequests.make({ key, outbox, decode, tracks, memory, share, wake })
  const filling = Filling.make({
    key,
    outbox,
    memory,
    credentials,
    settling,
    onChange,
    onRead: expiry.stored
  })
  const { plugin } = route.destination
  const conclude = Conclude.make({
    key,
    plugin,
    tracks,
    shared,
    memory,
    credentials,
    gate,
    settling,
    observe,
    wake
  })
  const sending = {
    key,
    tracks,
    shared,
    memory,
    credentials,
    gate,
    filling,
    settling,
    conclude,
    fibers,
    scope,
    wake
  }
  const sender = Sender.make(sending)
  return { tracks, memory, share, gate, credentials, settling, expiry, erasures, filling, sender, fibers }
})

export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Lane, OutboxError, Scope.Scope> {
  const { key, outbox, shared, onChange } = options
  const changed = yield* Latch.make(false)
  const alarm = yield* Alarm.make(changed)
  const wake = () => {
    changed.openUnsafe()
    onChange()
  }
  const parts = yield* makeParts(options, wake)
  const { tracks, memory, share, gate, credentials, settling, expiry, erasures, filling, sender, fibers } =
    parts

  const sends = () =>
    credentials.destination().held === undefined && gate.health().gate.reason !== Health.paused

  const snapshot = (now: number): Step.Snapshot => ({
    now,
    isQuiet: sender.underWay() === 0 && settling.pending() === 0,
    hasSuccessor: credentials.hasSuccessor(),
    expiresAt: expiry.expiresAt(),
    asideAt: expiry.asideAt(),
    erasures: erasures.waiting(),
    sends: sends(),
    isLagging: memory.isLagging(),
    isHungry: memory.isHungry(),
    grouped: memory.groups.waiting(),
    hasWork: memory.batches.waiting() > 0 || memory.retryAt() <= now,
    sendsAt: sender.sendsAt(),
    isConnected: credentials.destination().connection !== undefined
  })

  const lineAt = () => Math.min(gate.lineAt(), settling.lineAt())

  const sleep = (lane: Step.Snapshot) =>
    alarm.sleepUntil(
      Step.sleepsUntil(lane, {
        line: lineAt(),
        group: memory.groups.due(credentials.destination().window) ?? Infinity,
        retry: memory.retryAt(),
        full: () => sender.fullAt(lane.now)
      }),
      lane.now
    )

  /** Does what is next; yields `false` when it came to nothing. */
  const carryOut = (next: Step.Next, lane: Step.Snapshot): Effect.Effect<unknown, OutboxError> => {
    switch (next) {
      case "succeed":
        return Effect.andThen(credentials.succeed, Effect.sync(wake))
      case "expire":
        return expiry.expire
      case "makeRoom":
        return expiry.makeRoom
      case "erase":
        return erasures.next
      case "catchUp":
        return filling.catchUp
      case "form":
        return filling.form
      case "connect":
        return sender.connect
      case "send":
        return sender.send(lane.now)
      case "sleep":
        return sleep(lane)
    }
  }

  const isSettled = () => settling.pending() === 0

  const onGoing = (own: OwnTrack.OwnTrack) => {
    memory.disown(own)
    expiry.disown(own)
    onChange()
  }

  const step = Effect.gen(function* () {
    // Closed before anything is looked at: what changes during the step is looked at in the next.
    changed.closeUnsafe()
    yield* settling.tell
    tracks.follow(isSettled(), onGoing)
    const now = yield* Clock.currentTimeMillis
    if (outbox.shared && shared.notBefore > now) yield* gate.waitWith(shared, now)
    if (now >= gate.lineAt()) yield* gate.log
    if (now >= settling.lineAt()) yield* settling.log
    const lane = snapshot(now)
    let next = Step.next(lane)
    while ((yield* carryOut(next, lane)) === false) next = Step.next(lane, next)
  })

  const isEmpty = () => sender.underWay() + settling.pending() === 0 && memory.isEmpty()

  return {
    key,
    view: () => {
      const health = gate.health()
      return {
        isEmpty: isEmpty(),
        sends: sends(),
        isWell: Health.isWell(health, credentials.destination().policy),
        isGateOpen: health.gate.open,
        notBefore: health.gate.notBefore,
        underWay: sender.underWay(),
        failingSince: health.failingSince,
        shared,
        isShareFull: share.isFull(),
        isLagging: memory.isLagging(),
        isNear: memory.isNear(),
        hasRoom: memory.hasRoom(),
        isHungry: memory.isHungry()
      }
    },
    offer: (track, stored, bytes, prepared, now) => {
      share.add(bytes)
      if (!memory.offer(track, stored, bytes, prepared, now)) return
      expiry.stored(track, now)
      wake()
    },
    lag: (track, bytes) => {
      share.add(bytes)
      memory.lag(track)
      wake()
    },
    own: Effect.fnUntraced(function* (track, lease, { isBehind, oldest }) {
      const own = OwnTrack.make(track, lease)
      const compositions = yield* outbox.compositions({ ...key, track })
      tracks.own(own)
      expiry.own(own, oldest)
      memory.own(own, compositions, isBehind)
      wake()
      return own
    }),
    lose: (own) => {
      own.isLost = true
      wake()
    },
    giveUp: (own) =>
      Effect.suspend(() => {
        const gone = tracks.giveUp(own)
        wake()
        return Deferred.await(gone)
      }),
    tracks,
    adopt: (found) => Effect.andThen(gate.adopt(found), Effect.sync(wake)),
    weigh: share.weigh,
    flush: () => {
      filling.flush()
      wake()
    },
    status: (now) => ({
      ...key,
      ...Health.statusOf(gate.health(), shared, now),
      underWay: sender.underWay()
    }),
    reopen: (opened) =>
      Effect.sync(() => {
        credentials.replace(opened)
        wake()
      }),
    erase: erasures.ask,
    pause: (paused) =>
      Effect.andThen(
        Effect.suspend(() => gate.pause(paused, credentials.destination().held)),
        Effect.sync(wake)
      ),
    run: Effect.raceFirst(Effect.forever(step), Effect.andThen(FiberSet.join(fibers), Effect.never)).pipe(
      Effect.ensuring(settling.log)
    ),
    awaitAttempts: FiberSet.awaitEmpty(fibers)
  }
})
