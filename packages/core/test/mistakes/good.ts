/** A destination without a fault: what the mistakes beside it are made of. */
import { Catalogue, Destination, Exporter, Message, Outcome, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export interface Order {
  readonly cents: number
}
export interface Visit {
  readonly page: string
}
export interface Shop {
  readonly "shop.Order": Order
  readonly "site.Visit": Visit
}

export const shop = Catalogue.make<Shop>("shop", {
  "shop.Order": Schema.Struct({ cents: Schema.Number }),
  "site.Visit": Schema.Struct({ page: Schema.String })
})
export const orders = Catalogue.make<Pick<Shop, "shop.Order">>("orders", {
  "shop.Order": Schema.Struct({ cents: Schema.Number })
})
export const route = Exporter.from(Source.fromArray([], { catalogue: shop })).route("till")
export const limits = {
  messages: 1,
  events: 1,
  bytes: 1000,
  messageBytes: 1000,
  messageEvents: 1,
  concurrency: 1,
  window: 0
}
export const lanes = [{ name: "main" }]
export const settings = Schema.Struct({ shelf: Schema.Literals(["a", "b"]) })
export const credentials = Schema.Struct({ key: Schema.Redacted(Schema.String) })
export const assign = () => Destination.to("main")
export const prepare: Destination.Opened["prepare"] = ([event]) =>
  Result.succeed(Message.json(event.id, event))
export const check = Effect.void
export const deliver: Destination.Connection["deliver"] = (batch) =>
  Effect.succeed(Outcome.Outcomes.all(batch, Outcome.delivered))
export const connect = () => Effect.succeed({ check, deliver })
export const till = Destination.plugin({
  name: "till",
  accepts: orders,
  settings,
  credentials,
  open: () => Result.succeed({ lanes, limits, assign, prepare, connect })
})
