import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Exporter, Preview } from "@millrace/core"
import { mparticle } from "@millrace/destination-mparticle"
import { files } from "@millrace/source-files"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { credentials } from "../src/credentials.ts"
import { type CurrentsEvent, feedOf, feeds, messageOf } from "../src/message.ts"
import * as Node from "../src/node.ts"
import { readAvro } from "../src/readAvro.ts"
import * as Sample from "../src/sample.ts"
import { byDirectives, inCode, type Payload, tracked } from "../src/segmentActions.ts"
import { toMessage, toWalker } from "../src/walkerEvents.ts"

const count = 2000

const read = (event: unknown): CurrentsEvent => JSON.parse(JSON.stringify(event))

/** What Millrace would send, by feed. */
const previewed = Effect.fnUntraced(function* (input: string) {
  const destination = mparticle({
    settings: { baseUrl: "http://127.0.0.1:9", environment: "development" },
    credentials: Object.fromEntries(
      Object.entries(credentials).map(([feed, { key, secret }]) => [
        feed,
        { key: Redacted.make(key), secret: Redacted.make(secret) }
      ])
    )
  })
  const exporter = Exporter.from(files({ settings: { path: input, format: "braze-currents" } }))
    .route("all")
    .to(destination)
  const [route] = yield* Preview.preview(exporter, { messages: count, events: count })
  return new Map(
    route!.lanes.map(({ lane, messages }) => [lane, messages.map(({ text }): unknown => JSON.parse(text))])
  )
})

/** A sample that is removed when the test ends. */
const sample = (input: Sample.Input) =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-bench-test-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ).pipe(Effect.map((folder) => Sample.write(input, folder, count)))

/** In an order that does not hang on that of the files. */
const byId = (messages: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const id = (message: unknown) => String(Reflect.get(Object(message), "source_request_id"))
  return [...messages].sort((left, right) => id(left).localeCompare(id(right)))
}

describe("the mapping written by hand", () => {
  it.effect("sends what Millrace sends, to the same feeds", () =>
    Effect.gen(function* () {
      const sent = yield* previewed(yield* sample("ndjson"))
      for (const feed of feeds) {
        const own = [...Sample.events(count)].map(read).filter((event) => feedOf(event) === feed)
        assert.isAbove(own.length, 50, feed)
        assert.deepStrictEqual(
          own.map((event) => read(messageOf(event))),
          sent.get(feed)
        )
      }
    })
  )

  it.effect("sends what Millrace sends from Avro, too", () =>
    Effect.gen(function* () {
      const input = yield* sample("avro")
      const sent = yield* previewed(input)
      const own = new Map(feeds.map((feed) => [feed, [] as Array<unknown>]))
      const take = (event: CurrentsEvent) => {
        const feed = feedOf(event)
        if (feed !== undefined) own.get(feed)!.push(read(messageOf(event)))
      }
      yield* Effect.promise(() => readAvro(input, take, () => Promise.resolve()))
      for (const feed of feeds) {
        assert.isAbove(own.get(feed)!.length, 50, feed)
        assert.deepStrictEqual(byId(own.get(feed)!), byId(sent.get(feed) ?? []))
      }
    })
  )

  it("is met by every type of the sample", () => {
    const seen = new Set([...Sample.events(count)].map((event) => read(event).event_type))
    assert.deepStrictEqual([...seen].sort(), [...Sample.types].sort())
  })
})

describe("Segment's actions", () => {
  it("get all that the mapping needs", () => {
    for (const event of [...Sample.events(count)].map(read)) {
      for (const { mapping, toMessage } of [inCode, byDirectives]) {
        const payload = filled(mapping, tracked(event))
        assert.deepStrictEqual(read(toMessage(payload)), read(messageOf(event)))
      }
    }
  })
})

describe("walkerOS's events", () => {
  it("hold all that the mapping needs", () => {
    for (const event of [...Sample.events(count)].map(read)) {
      const feed = feedOf(event)
      if (feed === undefined) continue
      const [action] = toWalker(feed, event).name.split(" ").slice(1)
      const collected = { ...toWalker(feed, event), entity: feed, action: String(action) }
      assert.deepStrictEqual(read(toMessage(collected)), read(messageOf(event)))
    }
  })
})

/** What Segment makes of the directives used here: a path to a value. */
const filled = (mapping: { readonly [field: string]: object }, event: object): Payload =>
  JSON.parse(
    JSON.stringify(
      Object.fromEntries(
        Object.entries(mapping).map(([name, directive]) => {
          const [, ...path] = String(Reflect.get(directive, "@path")).split(".")
          return [name, path.reduce((value: object, key) => Reflect.get(value, key), event)]
        })
      )
    )
  )

describe("every subject", () => {
  it("is started with the settings that the command gives itself", () => {
    const source = readFileSync(new URL("../../apps/exporter/src/bin.ts", import.meta.url), "utf8")
    const [, flags] = /const settings = \[([^\]]*)\]/.exec(source) ?? []
    assert.deepStrictEqual(flags?.match(/--[\w=-]+/g), [...Node.settings])
    for (const [name, value] of Object.entries(Node.environment))
      assert.include(source, `${name}: "${value}"`)
  })
})

describe("the sample", () => {
  it("has characters beyond Latin-1 in a tenth of its names", () => {
    const names = [...Sample.events(20_000)]
      .map(read)
      .flatMap(({ properties }) => [properties["campaign_name"] ?? properties["canvas_name"] ?? []].flat())
      .map(String)
    const beyond = names.filter((name) => [...name].some((character) => character > "\u00ff"))
    assert.isAbove(names.length, 15_000)
    assert.closeTo(beyond.length / names.length, 0.1, 0.02)
  })

  it("is the same every time", () => {
    assert.deepStrictEqual([...Sample.events(300)], [...Sample.events(300)])
  })
})
