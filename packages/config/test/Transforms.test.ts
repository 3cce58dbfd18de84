/** The steps of a route, as a file writes them. */
import { createHmac } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import { Config } from "@millrace/config"
import type { Event, Route } from "@millrace/core"
import * as Effect from "effect/Effect"

const folder = mkdtempSync(join(import.meta.dirname, "support", "transforms-"))
afterAll(() => rmSync(folder, { recursive: true }))

const load = (steps: unknown, environment = { HASH_KEY: "a key" }) => {
  const file = join(folder, "millrace.yaml")
  const lines = [
    "name: test",
    "source: { use: ../plugins.ts, settings: { count: 1 } }",
    "outbox: { use: ../plugins.ts }",
    "routes:",
    "  - name: print",
    "    transforms:",
    ...(Array.isArray(steps) ? steps.map((step) => `      - ${JSON.stringify(step)}`) : []),
    "    to: { use: ../plugins.ts, settings: { colour: red }, credentials: { main: { key: { env: HASH_KEY }, secret: { env: HASH_KEY } } } }"
  ]
  writeFileSync(file, lines.join("\n"))
  return Config.load(file, { importer: (name) => import(/* @vite-ignore */ name), environment })
}
const complaint = (steps: unknown, environment?: { readonly HASH_KEY: string }) =>
  Effect.map(Effect.flip(load(steps, environment)), (error) => error.message.replace(folder, "."))

const event: Event.Event = {
  id: "event-1",
  type: "plain.Thing",
  time: 1_780_000_000_000,
  user: { externalId: "user-1" },
  properties: { email: "ada@example.com", country: "DE", count: 3, tags: ["a", "b"] }
}

/** What the steps make of an event. */
const changed = Effect.fnUntraced(function* (steps: ReadonlyArray<unknown>, given = event) {
  const { definition } = yield* load(steps)
  const [{ destination, intake = [], changes }] = definition.routes as [Route.Route]
  yield* destination.open
  let current: Route.Changed = given
  for (const change of [...intake, ...changes]) {
    if (!("id" in current)) break
    current = change(current)
  }
  return current
})

describe("transforms", () => {
  it.effect("are made one after another", () =>
    Effect.gen(function* () {
      const made = yield* changed([
        { redact: ["user.externalId"], at: "intake" },
        { rename: { country: "land" } },
        { drop: ["tags"] },
        { set: { kind: "x", twice: { expression: "event.properties.count * 2.0" } } },
        { hash: { fields: ["email"], key: { env: "HASH_KEY" } } }
      ])
      const email = createHmac("sha256", "a key").update("ada@example.com").digest("hex")
      expect(made).toEqual({
        ...event,
        user: { externalId: "[REDACTED]" },
        properties: { email, land: "DE", count: 3, kind: "x", twice: 6 }
      })
    })
  )

  it.effect("keep apart what is made at the intake and what on the way out", () =>
    Effect.gen(function* () {
      const { definition } = yield* load([{ at: "intake", drop: ["email"] }, { drop: ["tags"] }])
      expect(definition.routes[0]?.intake).toHaveLength(1)
      expect(definition.routes[0]?.changes).toHaveLength(1)
    })
  )

  it.effect("select by an expression, and count the others", () =>
    Effect.gen(function* () {
      const select = (text: string) => changed([{ select: text }])
      expect(yield* select('event.properties.country == "DE" && event.type.startsWith("plain.")')).toBe(event)
      expect(yield* select("event.properties.count > 3")).toEqual({ filtered: "not-matched" })
      expect(yield* select('event.properties.?absent.orValue("") == "x"')).toEqual({
        filtered: "not-matched"
      })
    })
  )

  it.effect("match patterns in linear time, wherever they stand, whatever the text", () =>
    Effect.gen(function* () {
      const text = `${"a".repeat(5000)}!`
      const given = { ...event, properties: { text, list: [text], pattern: "^(a+)+$" } }
      for (const expression of [
        'event.properties.text.matches("^(a+)+$")',
        "event.properties.text.matches(event.properties.pattern)",
        'event.properties.list.exists(item, item.matches("^(a|a)*$"))',
        '{"x": [event.properties.text.matches("^(a|aa)+$")]}.x[0]',
        'event.properties.?text.orValue("").matches("^(a*)*$") || false'
      ]) {
        expect(yield* changed([{ select: expression }], given)).toEqual({ filtered: "not-matched" })
      }
      const found = 'event.properties.text.matches("a!$") && "Ünï".matches("^\\\\p{L}+$")'
      expect(yield* changed([{ select: found }], given)).toBe(given)
    })
  )

  it.effect("refuse a pattern that cannot be matched in linear time", () =>
    Effect.gen(function* () {
      for (const pattern of ["(?=a)b", "(a)\\\\1", "a{1,100000}", "("]) {
        const said = yield* complaint([{ select: `event.id.matches("${pattern}")` }])
        expect(said).toContain("a pattern that RE2 does not know")
      }
    })
  )

  it.effect("set a field called __proto__, and no number that is not exact", () =>
    Effect.gen(function* () {
      const made = yield* changed([{ set: JSON.parse('{"__proto__":{"a":1}}') }], {
        ...event,
        properties: {}
      })
      expect("properties" in made && Object.entries(made.properties)).toEqual([["__proto__", { a: 1 }]])
      const inexact = yield* changed([{ set: { a: { expression: "9007199254740993" } } }])
      expect(inexact).toHaveProperty("refused", "expression-failed")
    })
  )

  it.effect("make a dead letter where an expression fails, and quote no value", () =>
    Effect.gen(function* () {
      const failed = yield* changed([{ select: 'event.properties.absent == "x"' }])
      expect(failed).toEqual({
        refused: "expression-failed",
        detail:
          "the expression needs absent, which the event lacks; write .?absent.orValue(...), or ask has(...) first"
      })
      for (const expression of [
        "event.properties[event.properties.email]",
        "int(event.properties.email)",
        "timestamp(event.properties.email)",
        "event.properties.email + 1.0",
        '"a".matches(event.properties.email + "(")'
      ]) {
        const made = yield* changed([{ set: { value: { expression } } }])
        expect(made).toHaveProperty("refused", "expression-failed")
        expect(JSON.stringify(made)).not.toContain("ada")
      }
      expect(yield* changed([{ select: "event.properties.count" }])).toHaveProperty("refused")
    })
  )

  it.effect.each([
    ["event.properties.count > 1.0 ? 1 : 2", 1],
    ["event.properties.tags.map(tag, tag + event.properties.country)", ["aDE", "bDE"]],
    ['{"n": [1, 2.5]}', { n: [1, 2.5] }],
    ["timestamp(int(event.time) / 1000)", "2026-05-28T20:26:40.000Z"],
    ["event.properties.?absent", undefined],
    ["event.properties.?country", "DE"],
    ["null", null]
  ] as const)("set plain values: %s", ([expression, value]) =>
    Effect.gen(function* () {
      const made = yield* changed([{ set: { value: { expression } } }])
      expect(Object(Object(made).properties).value).toEqual(value)
    })
  )

  it.effect("are for some types only where they say so", () =>
    Effect.gen(function* () {
      const steps = [{ types: ["other.*", "*.Thing"], drop: ["email"] }]
      expect(yield* changed(steps)).not.toHaveProperty("properties.email")
      const other = { ...event, type: "plain.Other" }
      expect(yield* changed(steps, other)).toBe(other)
    })
  )

  it.effect("sample by user", () =>
    Effect.gen(function* () {
      expect(yield* changed([{ sample: 1 }])).toBe(event)
      expect(yield* changed([{ sample: 0 }])).toEqual({ filtered: "sampled-out" })
    })
  )

  it.effect.each([
    [
      "an unknown step",
      [{ redat: ["email"] }],
      './millrace.yaml:7: routes[0].transforms[0].redat: unknown key; did you mean "redact"?'
    ],
    [
      "two steps in one",
      [{ drop: ["a"], redact: ["b"] }],
      "./millrace.yaml:7: routes[0].transforms[0]: a step is one of select, sample, rename, drop, set, redact, hash"
    ],
    ["no step at all", [{ at: "intake" }], "./millrace.yaml:7: routes[0].transforms[0]: a step is one of"],
    [
      "a step at the intake after one on the way out",
      [{ drop: ["a"] }, { at: "intake", redact: ["b"] }],
      "./millrace.yaml:8: routes[0].transforms[1].at: a step at the intake comes before"
    ],
    [
      "an expression with a mistake",
      [{ select: "event.propertys.a" }],
      "./millrace.yaml:7: routes[0].transforms[0].select: is no expression: No such key: propertys"
    ],
    [
      "an expression that is no condition",
      [{ select: "event.id" }],
      "routes[0].transforms[0].select: must be true or false, but is of type string"
    ],
    [
      "an expression to set with a mistake",
      [{ set: { a: { expression: "1 +" } } }],
      "routes[0].transforms[0].set.a.expression: is no expression: Unexpected token: EOF"
    ],
    [
      "personal fields that nobody marked",
      [{ redact: "personal" }],
      "routes[0].transforms[0].redact: the catalogue of the route's source marks no field as personal; name the fields"
    ],
    ["a share beyond 1", [{ sample: 10 }], "routes[0].transforms[0].sample: "]
  ] as const)("tell of %s with its line", ([, steps, text]) =>
    Effect.gen(function* () {
      expect(yield* complaint(steps)).toContain(text)
    })
  )

  it.effect("tell of a key that is not there when the destination is opened", () =>
    Effect.gen(function* () {
      const { definition } = yield* load([{ hash: { fields: ["email"], key: { env: "MISSING" } } }])
      const error = yield* Effect.flip(definition.routes[0]!.destination.open)
      expect(error.message).toContain(
        "millrace.yaml:7: routes[0].transforms[0].hash.key: the environment variable MISSING is not set"
      )
    })
  )
})
