/** What is simulated, and what comes of it. */
import type * as Exporter from "@millrace/core/Exporter"
import type { Outbox, OutboxError } from "@millrace/core/Outbox"
import type * as OutboxMemory from "@millrace/core/OutboxMemory"
import type * as Layer from "effect/Layer"
import type { Plan } from "./plan.ts"
import type { Promised } from "./promises.ts"

/**
 * What the processes of a history write on, one after the other, and what a crash leaves of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Disk {
  /**
   * Opens the outbox; read and built anew for each process. Its calls must end in the thread that makes them, without
   * waiting for a promise, a timer or a worker.
   */
  readonly layer: Layer.Layer<Outbox, OutboxError>
  /**
   * A process has died and closed nothing: from now on `layer` must open what it left. The scope of the old layer is
   * closed after this call.
   */
  readonly crash: () => void
  /** The history is over. */
  readonly remove: () => void
}

/**
 * What is simulated.
 *
 * @since 1.0.0
 * @category models
 */
export interface Setup {
  /** Makes an empty disk for one history; by default one in memory, where every call that took effect is durable. */
  readonly outbox?: () => Disk
  /** Makes an empty outbox for one history of a fleet; by default that of `OutboxMemory`. */
  readonly shared?: typeof OutboxMemory.makeShared
  /** The engine; by default that of `@millrace/core`. */
  readonly start?: typeof Exporter.start
}

/**
 * A promise that was broken, and by what.
 *
 * @since 1.0.0
 * @category models
 */
export interface Violation {
  readonly promise: Promised
  readonly text: string
}

/**
 * What came of a plan.
 *
 * @since 1.0.0
 * @category models
 */
export interface History {
  readonly plan: Plan
  /** Empty when every promise was kept; a history ends at its first violation. */
  readonly violations: ReadonlyArray<Violation>
  /** Of the whole trace: equal for equal runs. */
  readonly hash: string
  /** Its last lines. */
  readonly trace: ReadonlyArray<string>
  /** How many crash points each process passed: calls of the outbox and the remote, and scheduler steps. */
  readonly lives: ReadonlyArray<{ readonly hooks: number; readonly steps: number }>
  /** Virtual milliseconds. */
  readonly lasted: number
}
