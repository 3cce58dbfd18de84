import * as OutboxMemory from "@millrace/core/OutboxMemory"
import { outboxConformance } from "@millrace/testing/OutboxConformance"
import * as Effect from "effect/Effect"

outboxConformance("OutboxMemory", {
  layer: (bytes) =>
    Effect.succeed(bytes === undefined ? OutboxMemory.layer : OutboxMemory.layerWith({ bytes })),
  durable: false
})
