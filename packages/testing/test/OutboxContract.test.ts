import * as OutboxMemory from "@millrace/core/OutboxMemory"
import { outboxContract } from "@millrace/testing/OutboxContract"
import * as Effect from "effect/Effect"

outboxContract("OutboxMemory", {
  layer: (bytes) =>
    Effect.succeed(bytes === undefined ? OutboxMemory.layer : OutboxMemory.layerWith({ bytes })),
  durable: false
})
