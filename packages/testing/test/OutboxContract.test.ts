import * as OutboxMemory from "@millrace/core/OutboxMemory"
import { outboxContract } from "@millrace/testing/OutboxContract"
import * as Effect from "effect/Effect"

outboxContract("OutboxMemory", { layer: Effect.succeed(OutboxMemory.layer), durable: false })
