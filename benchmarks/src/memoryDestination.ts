/** mParticle without mParticle: the same mapping, and an answer at once. A plugin for the command's configuration. */
import type * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import { delivered, Outcomes } from "@millrace/core/Outcome"
import { mparticle } from "@millrace/destination-mparticle"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Braze from "@millrace/events-braze/Braze"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { credentials } from "./credentials.ts"

const feeds = Object.fromEntries(
  Object.entries(credentials).map(([feed, { key, secret }]) => [
    feed,
    { key: Redacted.make(key), secret: Redacted.make(secret) }
  ])
)

const real = mparticle({ settings: { pod: "us1", environment: "development" }, credentials: feeds })

export const memory = Destination.plugin<BrazeEvent, {}, {}, {}, {}, unknown>({
  name: "benchmark-memory",
  accepts: Braze.catalogue as Catalogue.Catalogue<BrazeEvent>,
  settings: Schema.Struct({}),
  credentials: Schema.Struct({}),
  open: () =>
    Result.succeed({
      ...Effect.runSync(real.open),
      connect: () =>
        Destination.connected({
          check: Effect.void,
          deliver: (batch) => Effect.succeed(Outcomes.all(batch, delivered))
        })
    })
})
