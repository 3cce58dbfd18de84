import { describe, expect, it } from "@effect/vitest"
import {
  Catalogue,
  Destination,
  type Event,
  Exporter,
  Message,
  OutboxMemory,
  Outcome,
  Preview,
  Route,
  Source
} from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

interface Order {
  readonly cents: number
}
interface Visit {
  readonly page: string
}
interface Shop {
  readonly "shop.Order": Order
  readonly "shop.Refund": Order
  readonly "site.Visit": Visit
}
const shop = Catalogue.make<Shop>("shop", {
  "shop.Order": Schema.Struct({ cents: Schema.Number }),
  "shop.Refund": Schema.Struct({ cents: Schema.Number }),
  "site.Visit": Schema.Struct({ page: Schema.String })
})
const orders = Catalogue.make<Pick<Shop, "shop.Order" | "shop.Refund">>("orders", {
  "shop.Order": Schema.Struct({ cents: Schema.Number }),
  "shop.Refund": Schema.Struct({ cents: Schema.Number })
})

const till = Destination.plugin({
  name: "till",
  accepts: orders,
  settings: Schema.Struct({ shelf: Schema.Literals(["a", "b"]) }),
  credentials: Schema.Struct({ key: Schema.Redacted(Schema.String) }),
  open: (_options) =>
    Destination.opened({
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
      assign: (event) => (event.properties.cents > 0 ? Destination.to("main") : Destination.skip("free")),
      prepare: (events) => Result.succeed(Message.json(events[0].id, events[0].properties.cents)),
      connect: () =>
        Destination.connected({
          check: Effect.void,
          deliver: (batch) => Effect.succeed(Outcome.Outcomes.all(batch, Outcome.delivered))
        })
    })
})
const source = Source.fromArray<Event.Of<Shop>>([], { catalogue: shop })
const destination = Result.getOrThrow(
  till.fromUnknown({ settings: { shelf: "a" }, credentials: Effect.succeed({}) })
)

// Checked by the compiler alone: every `@ts-expect-error` fails the build when the line below it compiles.
export const provedByTheCompiler = () => [
  // @ts-expect-error: site.Visit reaches a destination that does not take it
  Exporter.from(source).route("till").to(destination),
  Exporter.from(source).route("till").when("shop.*").to(destination),
  Exporter.from(source).route("till").except("site.*").to(destination),
  // @ts-expect-error: no event is called so
  Exporter.from(source).route("till").when("shop.Ordr"),
  Exporter.from(source)
    .route("till")
    .through((event) => (event.type === "site.Visit" ? Route.filtered("visit") : event))
    .to(destination),
  // @ts-expect-error: a wrong setting
  till({ settings: { shelf: "c" }, credentials: Effect.never }),
  // @ts-expect-error: a secret that is not redacted
  till({ settings: { shelf: "a" }, credentials: { key: "plain" } }),
  // @ts-expect-error: a refusal of the whole batch is a DeliveryError
  Outcome.Outcomes.all({ lane: "main", ids: [], events: 0, body: new Uint8Array() }, Outcome.rejected("no"))
]

describe("a route from a file", () => {
  it.effect.each([
    ["names what the destination does not accept", { when: ["*.Visit", "shop.Order"] }, "site.Visit"],
    ["names a pattern that matches nothing", { when: ["shop.Ordr"] }, "no event is called shop.Ordr"],
    ["says what was meant", { when: ["shop.Ordr"] }, "did you mean shop.Order?"],
    ["says which wildcard was meant", { except: ["shp.*"] }, "did you mean shop.*?"],
    ["leaves it at that where nothing is alike", { when: ["weather"] }, "see the types of its source"],
    ["names a source that is not there", { from: ["web"] }, "reads from web, but the sources are default"]
  ] as const)("%s", ([, given, text]) =>
    Effect.gen(function* () {
      const route: Route.Route = { name: "till", changes: [], ordering: "user", destination, ...given }
      const failed = yield* Effect.flip(Exporter.start({ sources: { default: source }, routes: [route] }))
      expect(failed.message).toContain(text)
    }).pipe(Effect.provide(OutboxMemory.layer))
  )
})

describe("a type in another's spelling", () => {
  const spelling = (name: string) => (name === "shop_order" ? "shop.Order" : name)
  const spelled = Source.fromArray<Event.Of<Shop>>(
    ["shop.Order", "shop.Refund"].map((type) => ({
      id: type,
      type: type as "shop.Order",
      time: 0,
      user: {},
      properties: { cents: 1 }
    })),
    { catalogue: { ...shop, spelling } }
  )
  const free = {
    ...destination,
    open: Effect.map(
      till({ settings: { shelf: "a" }, credentials: { key: Redacted.make("k") } }).open,
      (opened) => ({ ...opened })
    )
  }
  const seen = (given: object, catalogue = spelled) =>
    Effect.map(
      Preview.preview(
        {
          sources: { default: catalogue },
          routes: [{ name: "till", changes: [], ordering: "user", destination: free, ...given }]
        },
        { messages: 9, events: 9 }
      ),
      ([route]) => route!.lanes[0]!.events
    )

  it.effect.each([
    [{ when: ["shop_order"] }, 1],
    [{ when: ["shop_order", "shop.Refund"] }, 2],
    [{ except: ["shop_order"] }, 1]
  ] as const)("%j is that type", ([given, events]) =>
    Effect.gen(function* () {
      expect(yield* seen(given)).toBe(events)
      const both = Catalogue.union({ ...shop, spelling }, orders)
      expect(Catalogue.spelled([both], "shop_order")).toBe("shop.Order")
      expect(Route.unmatched(["shop_order", "shop_refund"], both)).toEqual(["shop_refund"])
    })
  )

  it.effect("is told to the destination, which may warn of it, by its own name", () =>
    Effect.gen(function* () {
      const warnings = (types: ReadonlySet<string>) => [...types].map((type) => `mind ${type}`)
      const warning = { ...destination, open: Effect.map(free.open, (opened) => ({ ...opened, warnings })) }
      const of = (given: Partial<Route.Route>) =>
        Effect.map(
          Preview.preview(
            {
              sources: { default: spelled },
              routes: [{ name: "till", changes: [], ordering: "user", destination: warning, ...given }]
            },
            { messages: 1, events: 1 }
          ),
          ([route]) => route?.warnings
        )
      expect(yield* of({})).toEqual(["mind shop.Order", "mind shop.Refund"])
      expect(yield* of({ when: ["shop_order"] })).toEqual(["mind shop.Order"])
      const nothing = ["selects no event: `except` leaves out all that `when` names"]
      expect(yield* of({ except: ["shop.*"] })).toEqual(nothing)
      expect(yield* of({ except: ["shop.*"], destination: free })).toEqual(nothing)
      expect(yield* of({ destination: free })).toEqual([])
    })
  )

  it.effect("is not taken where the destination does not accept the type", () =>
    Effect.gen(function* () {
      const site = { ...shop, spelling: (name: string) => (name === "visit" ? "site.Visit" : name) }
      const error = yield* Effect.flip(
        seen({ when: ["visit"] }, Source.fromArray<Event.Of<Shop>>([], { catalogue: site }))
      )
      expect(error.message).toContain("till does not accept site.Visit")
    })
  )
})
