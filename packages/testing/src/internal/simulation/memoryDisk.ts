/** A disk in memory: the outbox itself outlives the process. */
import { Outbox } from "@millrace/core/Outbox"
import * as OutboxMemory from "@millrace/core/OutboxMemory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Disk } from "./model.ts"

export const make = (): Disk => ({
  layer: Layer.succeed(Outbox, Effect.runSync(OutboxMemory.make)),
  crash: () => undefined,
  remove: () => undefined
})
