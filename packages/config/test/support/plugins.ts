/** Plugins of each kind, loaded by path as a user's own would be. */
import { Catalogue, Destination, Message, Outbox, OutboxMemory, Outcome, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export const numbers = Source.plugin({
  name: "numbers",
  settings: Schema.Struct({ count: Schema.Int, path: Schema.optionalKey(Schema.String) }),
  catalogue: Catalogue.any,
  run: () => () => Effect.void
})

const Pair = Schema.Struct({ key: Schema.Redacted(Schema.String), secret: Schema.Redacted(Schema.String) })

export const printer = Destination.plugin({
  name: "printer",
  accepts: Catalogue.any,
  settings: Schema.Struct({ colour: Schema.Literals(["red", "blue"]) }),
  credentials: Schema.Struct({
    main: Schema.optionalKey(Pair),
    more: Schema.optionalKey(Schema.Array(Pair))
  }),
  open: ({ credentials }) =>
    credentials.main === undefined
      ? Result.fail("credentials: name at least one pair")
      : Destination.opened({
          lanes: [{ name: "main" }],
          limits: {
            messages: 1,
            events: 1,
            bytes: 1000,
            messageBytes: 1000,
            messageEvents: 1,
            concurrency: 1,
            window: 0
          },
          assign: () => Destination.to("main"),
          prepare: (events) => Result.succeed(Message.json(events[0].id, events[0])),
          connect: () =>
            Destination.connected({
              check: Effect.void,
              deliver: (batch) => Effect.succeed(Outcome.Outcomes.all(batch, Outcome.delivered))
            })
        })
})

export const memory = Outbox.plugin({
  name: "memory",
  settings: Schema.Struct({}),
  store: () => ({ directory: undefined, layer: OutboxMemory.layer })
})
