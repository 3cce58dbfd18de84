import { createHmac } from "node:crypto"
import { assert, describe, expect, it } from "@effect/vitest"
import {
  Catalogue,
  Codec,
  DeadLetters,
  type Event,
  Exporter,
  Outbox,
  OutboxMemory,
  Outcome,
  Preview,
  Route,
  Source,
  Transform
} from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Remote from "./support/remote.ts"

interface Order {
  readonly cents: number
  readonly email?: string
  readonly lines: ReadonlyArray<{ readonly sku: string; readonly note?: string }>
}
interface Visit {
  readonly page: string
}
interface Shop {
  readonly "shop.Order": Order
  readonly "site.Visit": Visit
}

const order = (index = 1, email = "ada@example.com"): Event.Of<Shop, "shop.Order"> => ({
  id: `order-${index}`,
  type: "shop.Order",
  time: 1_780_000_000_000,
  user: { externalId: `user-${index}`, deviceId: "device" },
  properties: { cents: 100, email, lines: [{ sku: "a", note: "for Ada" }, { sku: "b" }] }
})
const key = () => Redacted.make("a key")
const hashed = (value: string) => createHmac("sha256", "a key").update(value).digest("hex")

describe("a transform", () => {
  it("leaves properties out, and no other", () => {
    const { properties } = Transform.drop("email", "absent")(order())
    assert.deepStrictEqual(properties, { cents: 100, lines: order().properties.lines })
  })

  it("reaches below a property and through lists", () => {
    const { properties } = Transform.drop("lines.note")(order())
    assert.deepStrictEqual(Object(properties).lines, [{ sku: "a" }, { sku: "b" }])
  })

  it("reaches a name that holds dots, and a property called user", () => {
    const event: Event.Event = { ...order(), properties: { "utm.source": "mail", user: { name: "Ada" } } }
    assert.deepStrictEqual(Transform.drop("utm.source", "properties.user.name")(event).properties, {
      user: {}
    })
  })

  it("leaves fields of the user out", () => {
    assert.deepStrictEqual(Transform.drop("user.deviceId")(order()).user, { externalId: "user-1" })
  })

  it("renames what is there, two for each other as well", () => {
    const { properties } = Transform.rename({ cents: "email", email: "cents", absent: "other" })(order())
    assert.deepStrictEqual(properties, {
      email: 100,
      cents: "ada@example.com",
      lines: order().properties.lines
    })
  })

  it("sets values, and what a function makes of the event", () => {
    const fixed = Transform.set({ shop: "north", "user.timezone": "Europe/Berlin", "address.city": "Bremen" })
    const set = fixed(order())
    expect(set.properties).toMatchObject({ shop: "north", cents: 100, address: { city: "Bremen" } })
    expect(set.user).toEqual({ ...order().user, timezone: "Europe/Berlin" })
    const euros = Transform.set((event: Event.Of<Shop, "shop.Order">) => ({
      euros: event.properties.cents / 100,
      cents: undefined
    }))
    expect(euros(order()).properties).toMatchObject({ euros: 1, cents: 100 })
  })

  it("redacts what has a value", () => {
    const redact = Transform.redact(["email", "absent", "lines.note", "user.deviceId"])
    expect(redact(order())).toEqual({
      ...order(),
      user: { externalId: "user-1", deviceId: "[REDACTED]" },
      properties: { cents: 100, email: "[REDACTED]", lines: [{ sku: "a", note: "[REDACTED]" }, { sku: "b" }] }
    })
  })

  it("redacts what the catalogue marks as personal", () => {
    const personal: Catalogue.Catalogue["personal"] = (type) =>
      new Set(type === "shop.Order" ? ["email"] : [])
    expect(Transform.redact(personal)(order()).properties).toMatchObject({ cents: 100, email: "[REDACTED]" })
    expect(Transform.redact(personal)({ ...order(), type: "other" })).toEqual({ ...order(), type: "other" })
  })

  it("hashes by key, and leaves what is absent or redacted as it is", () => {
    const hash = Transform.hash(["email", "user.externalId", "absent"], key)
    const event = hash(order())
    assert.strictEqual(event.properties.email, hashed("ada@example.com"))
    assert.strictEqual(event.user.externalId, hashed("user-1"))
    assert.strictEqual(hash(order(1, "[REDACTED]")).properties.email, "[REDACTED]")
  })

  it("keeps all events of a share of the users", () => {
    const sample = Transform.sample(0.3)
    const kept = Array.from({ length: 5000 }, (_, index) => order(index)).filter(
      (event) => !("filtered" in sample(event))
    )
    assert.isAtLeast(kept.length, 1400)
    assert.isAtMost(kept.length, 1600)
    for (const event of kept) assert.notProperty(sample({ ...event, id: "another" }), "filtered")
    assert.deepStrictEqual(Transform.sample(0)(order()), Route.filtered("sampled-out"))
    assert.deepStrictEqual(Transform.sample(1)(order()), order())
  })

  it("changes nothing in place", () => {
    const event = order()
    const copy = structuredClone(event)
    Transform.redact(["lines.note"])(event)
    Transform.rename({ cents: "c" })(Transform.set({ "lines.x": 1 })(event))
    assert.deepStrictEqual(event, copy)
  })
})

const shop = Catalogue.make<Shop>("shop", {
  "shop.Order": Schema.Struct({
    cents: Schema.Number,
    email: Schema.optionalKey(Schema.String),
    lines: Schema.Array(Schema.Struct({ sku: Schema.String, note: Schema.optionalKey(Schema.String) }))
  }),
  "site.Visit": Schema.Struct({ page: Schema.String })
})
const orders = (count: number) => Array.from({ length: count }, (_, index) => order(index))
const from = (events: ReadonlyArray<Event.Of<Shop>>) => Source.fromArray(events, { catalogue: shop })
const refuse = Remote.destination(Remote.make(), { answer: () => Outcome.unauthorized("refused") })
const message = { prepare: Remote.whole }
const memory = Effect.provide(OutboxMemory.layer)

/** All that the store holds of waiting events and dead letters, as text. */
const stored = Effect.gen(function* () {
  const outbox = yield* Outbox.Outbox
  const parcels = yield* outbox.take({ route: "crm", lane: "main" }, 0, 1_000_000)
  const letters = yield* DeadLetters.all(outbox)
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  return {
    waiting: parcels.map(({ records }) => text(records.bytes)).join(""),
    dead: letters.map(({ record, detail }) => `${detail} ${text(record)}`).join("")
  }
})

describe("a change at the intake", () => {
  it.live("is all that the outbox holds, and is not made twice", () =>
    Effect.gen(function* () {
      const hash = Transform.hash(["email"], key)
      yield* Exporter.from(from(orders(3)))
        .route("crm")
        .atIntake(hash)
        .to(refuse).run
      const { waiting } = yield* stored
      assert.notInclude(waiting, "ada@example.com")
      assert.include(waiting, hashed("ada@example.com"))
      const remote = Remote.make()
      const ledger = yield* Exporter.from(from([]))
        .route("crm")
        .atIntake(hash)
        .to(Remote.destination(remote, message)).run
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { main: 3 })
      assert.include(remote.requests[0]?.body, hashed("ada@example.com"))
    }).pipe(memory)
  )

  it.live("is made on the way out of what was stored before the route had it", () =>
    Effect.gen(function* () {
      yield* Exporter.from(from(orders(1)))
        .route("crm")
        .to(refuse).run
      assert.include((yield* stored).waiting, "ada@example.com")
      const remote = Remote.make()
      yield* Exporter.from(from([]))
        .route("crm")
        .atIntake(Transform.redact(["email"]))
        .to(Remote.destination(remote, message)).run
      assert.include(remote.requests[0]?.body, '"email":"[REDACTED]"')
    }).pipe(memory)
  )

  it.live("comes before the changes on the way out, which see what it left", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      yield* Exporter.from(from(orders(1)))
        .route("crm")
        .when("shop.Order")
        .atIntake(Transform.drop("email"))
        .through(Transform.set((event: Event.Event) => ({ seen: Object.keys(event.properties).join() })))
        .to(Remote.destination(remote, message)).run
      assert.include(remote.requests[0]?.body, '"seen":"cents,lines"')
    }).pipe(memory)
  )

  it.live(
    "holds for dead letters: of events that fail later, that do not fit, and at which it throws itself",
    () =>
      Effect.gen(function* () {
        const misfit = { ...order(7), properties: { ...order(7).properties, cents: "many" } }
        const events = [order(1), order(2), misfit as unknown as Event.Of<Shop>]
        const ledger = yield* Exporter.from(from(events))
          .route("crm")
          .when("shop.Order")
          .atIntake((event) => {
            if (event.id === "order-2") throw new Error(event.properties.email)
            return Transform.redact(["email", "lines.note"])(event)
          })
          .through((event) => (event.id === "order-1" ? Route.refused("bad-luck", "was refused") : event))
          .to(Remote.destination(Remote.make())).run
        assert.deepStrictEqual(ledger.routes["crm"]?.dead, { invalid: 1, defect: 1, "bad-luck": 1 })
        const { dead } = yield* stored
        assert.notInclude(dead, "ada@example.com")
        assert.notInclude(dead, "order-2")
        assert.include(dead, "was refused")
        assert.include(dead, '"id":"order-1"')
        assert.include(dead, '"id":"order-7"')
      }).pipe(memory)
  )

  it.live("keeps no bytes of bad records, while another route of the source does", () =>
    Effect.gen(function* () {
      const raw = new TextEncoder().encode("ada@example.com")
      const source: Source.Source<Event.Of<Shop>> = {
        plugin: "bad",
        catalogue: shop,
        run: (intake) =>
          intake.append({
            events: [],
            malformed: [{ reason: "malformed", detail: "is no JSON", position: "line 1", raw }]
          })
      }
      const destination = Remote.destination(Remote.make())
      yield* Exporter.from(source)
        .route("crm")
        .atIntake(Transform.redact(["email"]))
        .to(destination)
        .route("archive")
        .to(destination).run
      const letters = yield* Outbox.Outbox.use(DeadLetters.all)
      assert.deepStrictEqual(
        letters.map(({ route, detail, record }) => [route, detail, record.length]).sort(),
        [
          ["archive", "line 1: is no JSON", raw.length],
          ["crm", "line 1: is no JSON", 0]
        ]
      )
    }).pipe(memory)
  )

  it.live("is not made again of a dead letter that is replayed, unless that was stored before", () =>
    Effect.gen(function* () {
      const refuseAll = Remote.destination(Remote.make(), { answer: () => Outcome.rejected("bad-request") })
      const hash = Transform.hash(["email"], key)
      yield* Exporter.from(from(orders(1)))
        .route("crm")
        .to(refuseAll).run
      yield* Exporter.from(Source.fromArray([order(0), order(1)], { catalogue: shop }))
        .route("crm")
        .atIntake(hash)
        .to(refuseAll).run
      const remote = Remote.make()
      const definition = Exporter.from(from([]))
        .route("crm")
        .atIntake(hash)
        .to(Remote.destination(remote, message))
      const outbox = yield* Outbox.Outbox
      yield* DeadLetters.replay(outbox, definition, { reason: "bad-request" })
      assert.notInclude((yield* stored).waiting, "ada@example.com")
      yield* definition.run
      assert.lengthOf(remote.requests[0]?.body.split(hashed("ada@example.com")) ?? [], 3)
    }).pipe(memory)
  )

  it.live("leaves the source's own bytes to routes without it", () =>
    Effect.gen(function* () {
      const [event] = [order()]
      const records = { ...Codec.encodeEvents([event]), parameter: "as read" }
      const source: Source.Source<Event.Of<Shop>> = {
        ...from([]),
        run: (intake) => intake.append({ events: [event], records, malformed: [] })
      }
      yield* Exporter.from(source)
        .route("plain")
        .to(refuse)
        .route("crm")
        .atIntake(Transform.drop("email"))
        .to(refuse).run
      const outbox = yield* Outbox.Outbox
      const [plain] = yield* outbox.take({ route: "plain", lane: "main" }, 0, 1_000_000)
      assert.deepStrictEqual(plain?.records, records)
    }).pipe(memory)
  )
})

describe("a preview", () => {
  it.live("shows an event before the changes and after", () =>
    Effect.gen(function* () {
      const definition = Exporter.from(from(orders(1)))
        .route("crm")
        .atIntake(Transform.redact(["email"]))
        .through(Transform.rename({ cents: "price" }))
        .to(Remote.destination(Remote.make()))
      const [route] = yield* Preview.preview(definition, { messages: 1, events: 1 })
      const [change] = route?.lanes[0]?.messages[0]?.changes ?? []
      expect(change?.before).toEqual(order(0))
      expect(change?.after.properties).toEqual({
        price: 100,
        email: "[REDACTED]",
        lines: order(0).properties.lines
      })
    })
  )
})

// Checked by the compiler alone.
export const provedByTheCompiler = () => {
  const route = Exporter.from(from([])).route("crm").when("shop.Order")
  return [
    route
      .through(Transform.rename({ cents: "price" }))
      .through((event) => Route.filtered(`${event.properties.price}`)),
    route
      .through(Transform.rename({ cents: "price" }))
      // @ts-expect-error: the property has another name now
      .through((event) => Route.filtered(`${event.properties.cents}`)),
    // @ts-expect-error: the property is gone
    route.through(Transform.drop("email")).through((event) => Route.filtered(`${event.properties.email}`)),
    route.through(Transform.set({ shop: "north" })).through((event) => Route.filtered(event.properties.shop)),
    // @ts-expect-error: a change at the intake comes before all others
    route.through(Transform.drop("email")).atIntake(Transform.drop("cents"))
  ]
}
