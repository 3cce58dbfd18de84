/**
 * What an operator may ask of an exporter. One implementation answers in the exporter's own process, one from the outbox of
 * an exporter that rests, and `Control.connect` asks a running one through its socket.
 *
 * @since 1.0.0
 */
import * as Core from "@millrace/core/DeadLetters"
import type { Definition } from "@millrace/core/Definition"
import * as Exporter from "@millrace/core/Exporter"
import { type LaneKey, Outbox, type Store } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import type { Backfill, BackfillStatus, Erased, Past, RunError, Running } from "@millrace/core/Running"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ControlError } from "./ControlError.ts"
import * as DeadLetters from "./DeadLetters.ts"
import { ofOutbox, ofRun } from "./internal/status.ts"
import * as Lanes from "./Lanes.ts"
import type { Status } from "./Status.ts"

/**
 * An exporter that is operated: its definition, and where it keeps its state. `@millrace/config` makes both of a file.
 *
 * @since 1.0.0
 * @category models
 */
export interface Target {
  readonly definition: Definition
  readonly store: Store
}

/**
 * Why an operation failed; its message is for people.
 *
 * @since 1.0.0
 * @category errors
 */
export type OperationError = RunError | ControlError

/**
 * The operations. What they take and yield is plain data, which passes through the control socket.
 *
 * @since 1.0.0
 * @category models
 */
export interface Operations {
  readonly status: () => Effect.Effect<Status, OperationError>
  /** Pauses a lane, or lets it go on; kept across a restart. `false` when there is no such lane. */
  readonly pause: (lane: LaneKey, paused: boolean) => Effect.Effect<boolean, OperationError>
  /** The oldest `most` letters, without their records. */
  readonly listDeadLetters: (
    filter: Core.Filter,
    most: number
  ) => Effect.Effect<DeadLetters.List, OperationError>
  /** At most `most` letters beyond the id `after`, without their records; it counts no others. */
  readonly pageDeadLetters: (
    filter: Core.Filter,
    after: number,
    most: number
  ) => Effect.Effect<DeadLetters.ListPage, OperationError>
  /** Letters whole beyond the id `after`, as many as fit in a megabyte. */
  readonly deadLetters: (
    filter: Core.Filter,
    after: number
  ) => Effect.Effect<DeadLetters.Page, OperationError>
  /** Puts dead letters through today's routes again. Of an exporter that rests, the next run delivers them. */
  readonly replay: (filter: Core.Filter) => Effect.Effect<Core.Replayed, OperationError>
  /** Removes dead letters for good; returns how many there were. */
  readonly purge: (filter: Core.Filter) => Effect.Effect<number, OperationError>
  /** Removes all that is stored of a person for good; returns how much there was. */
  readonly erase: (user: string) => Effect.Effect<Erased, OperationError>
  /** Reads a range of the past again for one route; returns the number of events. The exporter that answers delivers them. */
  readonly replayPast: (past: Past) => Effect.Effect<number, OperationError>
  /** Reads a part of a source's past beside its present; resolves when all is stored. The exporter that answers delivers it. */
  readonly backfill: (backfill: Backfill) => Effect.Effect<BackfillStatus, OperationError>
  /** The backfills of the exporter that answers, the last begun first. */
  readonly backfills: () => Effect.Effect<ReadonlyArray<BackfillStatus>, OperationError>
}

/**
 * The operations that change nothing.
 *
 * @since 1.0.0
 * @category models
 */
export type ReadOnly = Pick<Operations, "status" | "listDeadLetters" | "pageDeadLetters" | "deadLetters">

/**
 * Operations of an exporter that rests: straight from its outbox, of which the caller is the only owner.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromOutbox = (outbox: Outbox["Service"], { definition, store }: Target): Operations => {
  let backfilling: Running | undefined
  return {
    status: () => ofOutbox(outbox, store.directory),
    pause: Effect.fnUntraced(function* (key: LaneKey, paused: boolean) {
      const { route, lane } = key
      const found = Lanes.find(yield* outbox.lanes, key)
      const known = Lanes.ofLedger(yield* outbox.ledger)
      if (found === undefined && Lanes.find(known, key) === undefined) return false
      const now = yield* Clock.currentTimeMillis
      const gate = found?.gate ?? OutboxRules.openGate
      const wanted = paused ? OutboxRules.pause(gate, now) : OutboxRules.resume(gate, now)
      if (wanted !== gate) yield* outbox.setGate({ route, lane }, wanted)
      return true
    }),
    listDeadLetters: (filter, most) => DeadLetters.list(outbox, definition, filter, most),
    pageDeadLetters: (filter, after, most) => DeadLetters.listPage(outbox, definition, filter, after, most),
    deadLetters: (filter, after) => DeadLetters.page(outbox, definition, filter, after),
    replay: (filter) => Core.replay(outbox, definition, filter),
    purge: (filter) => Core.purge(outbox, definition, filter),
    erase: (user) => Core.erase(outbox, definition, user),
    replayPast: Effect.fnUntraced(
      function* (past: Past) {
        const before = yield* outbox.ledger
        const running = yield* Exporter.start(definition, { past })
        const { ledger } = yield* running.ended
        return (ledger.routes[past.route]?.read ?? 0) - (before.routes[past.route]?.read ?? 0)
      },
      Effect.scoped,
      Effect.provideService(Outbox, outbox)
    ),
    backfill: Effect.fnUntraced(
      function* (backfill: Backfill) {
        const running = yield* Exporter.start(definition, { backfill })
        backfilling = running
        yield* running.ended
        const [status] = yield* running.backfills
        return status!
      },
      Effect.scoped,
      Effect.provideService(Outbox, outbox)
    ),
    backfills: () => backfilling?.backfills ?? Effect.succeed([])
  }
}

/**
 * Operations of an exporter that runs in this process, with the outbox that it was started with.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromRunning = (
  running: Running,
  outbox: Outbox["Service"],
  target: Target,
  run: {
    /** When it began to run, in epoch milliseconds. */
    readonly started: number
    /** Whether it follows its sources. */
    readonly follows: boolean
  }
): Operations => ({
  ...fromOutbox(outbox, target),
  status: () => ofRun(running, outbox, target.store.directory, run),
  pause: running.pause,
  replay: running.replay,
  erase: running.erase,
  replayPast: running.replayPast,
  backfill: running.backfill,
  backfills: () => running.backfills
})
