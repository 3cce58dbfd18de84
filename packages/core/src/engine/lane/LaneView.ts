/**
 * A lane as all others see it: plain data, taken at one moment. `Pacing` says what follows from it.
 */
import type { Shared } from "./Health.ts"

export interface LaneView {
  /** Nothing waits, nothing is under way, and the outbox has heard of all that ended. */
  readonly isEmpty: boolean
  /** Whether it is neither held by the configuration nor paused. */
  readonly sends: boolean
  /** Whether its gate is open and its attempts succeed. */
  readonly isWell: boolean
  readonly isGateOpen: boolean
  /** No attempt before, in epoch milliseconds; of a gate that is closed, when it is tried. */
  readonly notBefore: number
  /** Attempts under way. */
  readonly underWay: number
  /** Epoch milliseconds of the first failure since the last success; `Infinity` without one. */
  readonly failingSince: number
  /** Waits that concern all lanes of its destination. */
  readonly shared: Readonly<Shared>
  /** Whether it fills its share of the outbox. */
  readonly isShareFull: boolean
  /** Whether stored parcels are not in memory. */
  readonly isLagging: boolean
  /** Whether it lags by so little that it is soon up with what is stored. */
  readonly isNear: boolean
  /** Whether memory takes more, and whether it has much room. */
  readonly hasRoom: boolean
  readonly isHungry: boolean
}
