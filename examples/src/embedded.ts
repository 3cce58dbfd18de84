/**
 * An exporter inside a larger Effect application, with the application's own layers: its settings give the exporter an
 * address, its orders are the events, and it asks the outbox what became of them. It drains when the application ends.
 */
import { Catalogue, type Event, Exporter, Outbox, type Source } from "@millrace/core"
import { http } from "@millrace/destination-http"
import { sqlite } from "@millrace/outbox-sqlite"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"

/** The application's own services. */
class Settings extends Context.Service<Settings, { readonly webhook: string; readonly state: string }>()(
  "shop/Settings"
) {
  static readonly layer = Layer.effect(
    Settings,
    Effect.all({ webhook: Config.String("WEBHOOK_URL"), state: Config.String("STATE") })
  )
}

const Order = Schema.Struct({ cents: Schema.Int })
type Placed = Event.Event<"order.placed", typeof Order.Type>

class Orders extends Context.Service<Orders, Queue.Queue<Placed>>()("shop/Orders") {
  static readonly layer = Layer.effect(Orders, Queue.bounded<Placed>(1000))
}

/** The exporter as a layer of the application: a source that captures `Orders`, a destination made of `Settings`. */
const exporter = Layer.unwrap(
  Effect.gen(function* () {
    const orders = yield* Orders
    const { webhook } = yield* Settings
    const source: Source.Source<Placed> = {
      plugin: "orders",
      catalogue: Catalogue.make<{ readonly "order.placed": typeof Order.Type }>("shop", {
        "order.placed": Order
      }),
      run: (intake) =>
        Effect.forever(
          Effect.flatMap(Queue.takeAll(orders), (events) => intake.append({ events, malformed: [] }))
        )
    }
    return Exporter.from(source)
      .route("webhook")
      .to(http({ settings: { url: webhook } })).layer
  })
)
const outbox = Layer.unwrap(Effect.map(Settings, ({ state }) => sqlite({ settings: { path: state } }).layer))

const application = Effect.gen(function* () {
  const orders = yield* Orders
  for (let index = 0; index < 25; index++) {
    const user = { externalId: `customer-${index % 3}` }
    yield* Queue.offer(orders, {
      id: `order-${index}`,
      type: "order.placed",
      time: index,
      user,
      properties: { cents: index }
    })
  }
  const { ledger } = yield* Outbox.Outbox
  const delivered = Effect.map(ledger, ({ routes }) => routes["webhook"]?.delivered["main"] ?? 0)
  while ((yield* delivered) < 25) yield* Effect.sleep("20 millis")
  console.log(JSON.stringify((yield* ledger).routes))
})

await application.pipe(
  Effect.provide(
    exporter.pipe(Layer.provideMerge(outbox), Layer.provideMerge(Layer.merge(Settings.layer, Orders.layer)))
  ),
  Effect.runPromise
)
