/** A destination that writes down the id of every event it is handed, one a line. */
import { appendFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Destination, Message, Outcome } from "@millrace/core"
import * as Catalogue from "@millrace/core/Catalogue"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export const path = fileURLToPath(import.meta.url)

export const collector = Destination.plugin({
  name: "collector",
  accepts: Catalogue.any,
  settings: Schema.Struct({ path: Schema.String }),
  credentials: Schema.Struct({}),
  open: ({ settings }) =>
    Destination.opened({
      lanes: [{ name: "main" }],
      limits: {
        messages: 100,
        events: 100,
        bytes: 1_000_000,
        messageBytes: 100_000,
        messageEvents: 1,
        concurrency: 2,
        window: 0
      },
      assign: () => Destination.to("main"),
      prepare: (events) => Result.succeed(Message.json(events[0].id, events[0])),
      connect: () =>
        Destination.connected({
          check: Effect.void,
          deliver: (batch) =>
            Effect.sync(() => {
              appendFileSync(settings.path, batch.ids.map((id) => `${id}\n`).join(""))
              return Outcome.Outcomes.all(batch, Outcome.delivered)
            })
        })
    })
})
