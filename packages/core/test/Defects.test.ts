import { assert, describe, it } from "@effect/vitest"
import {
  Catalogue,
  Codec,
  DeadLetters,
  type Event,
  Exporter,
  Json,
  Outbox,
  OutboxMemory,
  Preview,
  Source,
  Thrown,
  Transform
} from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Remote from "./support/remote.ts"

const memory = Effect.provide(OutboxMemory.layer)

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = [value]
  return value
}
const within: { self?: unknown } = {}
within.self = within

const withProperty = (index: number, value: unknown): Event.Event => ({
  ...Remote.event(index),
  properties: { cents: index, value }
})
const deadOf = Effect.map(Outbox.Outbox.use(DeadLetters.all), (letters) =>
  letters.map(({ reason, detail }) => `${reason}: ${detail}`)
)

describe("an event that cannot be written down", () => {
  const unwritable = [nested(20_000), nested(200), within, 12n]

  it.live("costs itself alone, at the intake", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const events = [
        Remote.event(1),
        ...unwritable.map((value, at) => withProperty(at + 2, value)),
        Remote.event(9)
      ]
      const ledger = yield* Exporter.from(Source.fromArray(events))
        .route("crm")
        .to(Remote.destination(remote)).run
      assert.deepStrictEqual(Remote.idsOf(remote), ["event-1", "event-9"])
      const { dead, read } = ledger.routes["crm"]!
      assert.deepStrictEqual([read, dead], [6, { malformed: 4 }])
      assert.deepStrictEqual(yield* deadOf, [
        "malformed: event 2 of a chunk: nested deeper than 100 levels",
        "malformed: event 3 of a chunk: nested deeper than 100 levels",
        "malformed: event 4 of a chunk: it cannot be written as JSON",
        "malformed: event 5 of a chunk: it cannot be written as JSON"
      ])
    }).pipe(memory)
  )

  it.live("costs itself alone, when a change makes it so", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(6)))
        .route("crm")
        .atIntake((event) => {
          const value = unwritable[Number(event.id.slice(6)) - 1]
          return value === undefined ? event : { ...event, properties: { value } }
        })
        .to(Remote.destination(remote)).run
      assert.deepStrictEqual(Remote.idsOf(remote), ["event-0", "event-5"])
      assert.deepStrictEqual(ledger.routes["crm"]!.dead, { malformed: 4 })
    }).pipe(memory)
  )
})

describe("a throw costs the event at which it happens", () => {
  const breaks = (id: string) => (event: Event.Event) => {
    if (event.id === id) throw new Error("broken")
    return true
  }

  it.live("in the catalogue, and in a change that leaves no user", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const catalogue: Catalogue.Catalogue<Event.Event> = {
        ...Catalogue.any,
        valid: (event) => breaks("event-1")(event) && event.id !== "event-2",
        explain: (event) => (breaks("event-2")(event) ? undefined : "")
      }
      const ledger = yield* Exporter.from(Source.fromArray(Remote.events(5), { catalogue }))
        .route("crm")
        .through((event) => (event.id === "event-3" ? { ...event, user: null as never } : event))
        .to(Remote.destination(remote, { prepare: Remote.whole })).run
      assert.deepStrictEqual(Remote.idsOf(remote), ["event-0", "event-4"])
      assert.deepStrictEqual(ledger.routes["crm"]!.dead, { defect: 3 })
      const details = yield* deadOf
      assert.include(details, "defect: the catalogue threw Error")
      assert.include(details, "defect: its user has no ids that can be read")
    }).pipe(memory)
  )
})

describe("what a plugin or a change throws", () => {
  const secret = "ada@example.com"
  const definition = () =>
    Exporter.from(Source.fromArray(Remote.events(9)))
      .route("crm")
      .through((event) => {
        if (event.id === "event-1") throw new TypeError(`no country in ${secret}`)
        return event
      })
      .to(
        Remote.destination(Remote.make(), {
          prepare: (events, lane) => {
            if (events[0].id > "event-4") throw new RangeError("planted")
            return Remote.whole(events, lane)
          }
        })
      )

  it.live("is told to who asks for it, once, with message and stack, and to nobody else", () =>
    Effect.gen(function* () {
      const thrown: Array<Thrown.Thrown> = []
      const tell = Thrown.once(20, (one) => void thrown.push(one))
      const ledger = yield* Exporter.run(Thrown.observe(definition(), tell))
      assert.deepStrictEqual(ledger.routes["crm"]!.dead, { defect: 5 })
      assert.deepStrictEqual(
        thrown.map(({ route, where }) => `${route} ${where}`),
        ["crm through", "crm prepare"]
      )
      assert.include(thrown[0]!.text, `TypeError: no country in ${secret}\n    at `)
      assert.isFalse((yield* deadOf).some((detail) => detail.includes(secret)))
    }).pipe(memory)
  )

  it.live("is shown by a preview", () =>
    Effect.gen(function* () {
      const [route] = yield* Preview.preview(definition(), { messages: 20, events: 20 })
      assert.deepStrictEqual(
        route?.thrown.map(({ where, text }) => `${where} ${text.split("\n")[0]}`),
        [`through TypeError: no country in ${secret}`, "prepare RangeError: planted"]
      )
    })
  )

  it("is told of no more kinds than are asked for", () => {
    const told: Array<string> = []
    const tell = Thrown.once(2, ({ text }) => void told.push(text))
    for (const text of ["a", "b", "a", "c"]) tell({ route: "crm", where: "prepare", text })
    assert.deepStrictEqual(told, ["a", "b"])
  })
})

describe("what is stored and cannot be read any more", () => {
  const codec: Codec.Codec = {
    name: "picky/1",
    decoder: () => {
      throw new Error("not this parameter")
    }
  }

  it.live("becomes a dead letter, and its lane goes on", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox.Outbox
      const origin = { source: "default", split: "", position: "" }
      const texts = [
        "7",
        "null",
        '{"id":"x"}',
        JSON.stringify(Remote.event(1)).replace('"cents":1', '"cents":1e400')
      ]
      for (const records of [
        { ...Codec.join(texts), codec: codec.name },
        Codec.join([...texts, JSON.stringify(Remote.event(2))])
      ]) {
        yield* outbox.append({
          origin,
          at: Date.now(),
          parcels: [{ route: "crm", lane: "main", records }],
          buried: [],
          counts: [{ route: "crm", kind: "read", key: "", events: records.ends.length }]
        })
      }
      const remote = Remote.make()
      const catalogue = { ...Catalogue.any, codecs: [codec] }
      const definition = Exporter.from(Source.fromArray([], { catalogue }))
        .route("crm")
        .to(Remote.destination(remote))
      const ledger = yield* definition.run
      assert.deepStrictEqual(Remote.idsOf(remote), ["event-2"])
      assert.deepStrictEqual(ledger.routes["crm"]!.dead, { malformed: 5, "not-an-event": 3 })
      // Found, and left as they are.
      assert.deepStrictEqual(yield* DeadLetters.replay(outbox, definition, { user: "user-1" }), {
        replayed: 0,
        left: 0
      })
      assert.deepStrictEqual(yield* DeadLetters.replay(outbox, definition, {}), { replayed: 0, left: 8 })
    }).pipe(memory)
  )
})

describe("event/1", () => {
  const decode = Codec.event.decoder("")
  const read = (text: string) => decode(Buffer.from(text), 0, Buffer.byteLength(text))

  it("reads what it writes, and nothing that is no event", () => {
    const event = withProperty(1, { big: 1e20, list: [1, null] })
    assert.deepStrictEqual(read(Result.getOrThrow(Codec.encodeEvent(event))), Result.succeed(event))
    for (const text of [
      "7",
      "[]",
      '{"id":"a","type":"t","time":1}',
      '{"id":1,"type":"t","user":{},"properties":{}}'
    ])
      assert.strictEqual(Result.getOrThrow(Result.flip(read(text))).reason, "not-an-event", text)
    const text = JSON.stringify(event)
    assert.strictEqual(
      Result.getOrThrow(Result.flip(read(text.replace("null", "9007199254740993")))).reason,
      "malformed"
    )
    assert.isTrue(Result.isFailure(Codec.encodeEvent(withProperty(1, nested(Json.budget.depth)))))
  })

  it("keeps a property called __proto__ through every change", () => {
    const event = Result.getOrThrow(
      read('{"id":"a","type":"t","time":1,"user":{},"properties":{"__proto__":{"mail":"x","b":1},"c":2}}')
    )
    const changes = [
      Transform.rename({ c: "d" }),
      Transform.set({ e: 3, "__proto__.f": 4 }),
      Transform.redact(["__proto__.mail"]),
      Transform.drop("__proto__.b", "d")
    ]
    const changed = changes.reduce<Event.Event>((current, change) => change(current) as Event.Event, event)
    assert.deepStrictEqual(
      Object.entries(changed.properties).map(([name, value]) => [name, { ...Object(value) }]),
      [
        ["__proto__", { mail: "[REDACTED]", f: 4 }],
        ["e", {}]
      ]
    )
    const put = Transform.set(JSON.parse('{"__proto__":{"x":1}}'))({
      ...event,
      properties: {}
    }) as Event.Event
    assert.deepStrictEqual(Object.entries(put.properties), [["__proto__", { x: 1 }]])
    const renamed = Transform.rename({ c: "__proto__" })({ ...event, properties: { c: 5 } }) as Event.Event
    assert.deepStrictEqual(Object.entries(renamed.properties), [["__proto__", 5]])
  })
})
