/** A destination that never answers, cannot be interrupted, and holds the process up. */
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import * as Message from "@millrace/core/Message"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export const hanging = Destination.plugin({
  name: "hanging",
  accepts: Catalogue.any,
  settings: Schema.Struct({}),
  credentials: Schema.Struct({}),
  open: () =>
    Result.succeed({
      lanes: [{ name: "main" }],
      limits: {
        messages: 1,
        events: 1,
        bytes: 1_000,
        messageBytes: 1_000,
        messageEvents: 1,
        concurrency: 1,
        window: 0
      },
      assign: () => Destination.to("main"),
      prepare: ([event]) => Result.succeed(Message.json(event.id, { id: event.id })),
      connect: () => {
        setInterval(() => {}, 60_000)
        return Effect.succeed({
          deliver: () => Effect.never,
          check: Effect.uninterruptible(Effect.never)
        })
      }
    })
})
