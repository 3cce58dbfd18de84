/** What outlives the processes of one history: the plan, the clock, the witness, the keys, and the client. */
import type * as Client from "./client.ts"
import type { Kernel, Process } from "./kernel.ts"
import type * as Keys from "./keys.ts"
import type { Plan } from "./plan.ts"
import type { Witness } from "./witness.ts"

export interface World {
  readonly plan: Plan
  readonly kernel: Kernel
  readonly witness: Witness
  readonly keys: Keys.Keys
  readonly client: Client.Client
}

/** A process of the history, as its parts see it. */
export interface Host {
  readonly process: Process
  /** Passes a crash point; `true` when the process died there or was dead before. */
  readonly dies: (point: string) => boolean
}
