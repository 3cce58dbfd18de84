import { type Event, properties } from "@millrace/core/Event"
import { present } from "@millrace/events-braze/Values"
import * as Limits from "../Limits.ts"
import type { EventData } from "./batch.ts"
import type { Native } from "./plan.ts"
import { cut } from "./values.ts"

/** The members of an event's data that are mParticle's own, and the fields that they tell in full. */
export interface Shape {
  readonly eventType: "custom_event" | "commerce_event"
  readonly data: Pick<EventData, "event_name" | "custom_event_type" | "product_action" | "currency_code">
  readonly told: ReadonlyArray<string>
}

/** `undefined` for an event that lacks what the shape needs: it goes as any other of its type. */
export const shapeOf = (event: Event, native: Native): Shape | undefined =>
  native === "name" ? named(event) : purchase(event)

const named = (event: Event): Shape | undefined => {
  const { name } = properties(event)
  if (!present(name)) return undefined
  const event_name = cut(name, Limits.name)
  return {
    eventType: "custom_event",
    data: { event_name, custom_event_type: "other" },
    told: event_name === name ? ["name"] : []
  }
}

/** Braze tells of one product in each purchase, and has neither a name for it nor an id of the transaction. */
const purchase = (event: Event): Shape | undefined => {
  const { currency, price, product_id } = properties(event)
  if (!present(product_id) || typeof price !== "number" || !Number.isFinite(price)) return undefined
  const isCode = typeof currency === "string" && /^[A-Z]{3}$/.test(currency)
  return {
    eventType: "commerce_event",
    data: {
      product_action: {
        action: "purchase",
        transaction_id: event.id,
        total_amount: price,
        products: [{ id: product_id, name: product_id, price, quantity: 1, total_product_amount: price }]
      },
      ...(isCode ? { currency_code: currency } : {})
    },
    told: isCode ? ["product_id", "price", "currency"] : ["product_id", "price"]
  }
}
