/** Several sources of one exporter: what an operator is told when one of them fails, and that the others go on. */
import { assert, describe, it } from "@effect/vitest"
import type { Condition } from "@millrace/operations/Alerts"
import type { Source } from "@millrace/operations/Status"
import * as Effect from "effect/Effect"
import { assertEnded, type Program } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** A source of five pages in files, which takes the token `good` alone from the third page on. */
const plugin = `
import { Catalogue, Source } from "@millrace/core"
import { Effect, Option, Redacted, Schema } from "effect"

export const paged = Source.plugin({
  name: "paged",
  catalogue: Catalogue.any,
  settings: Schema.Struct({ prefix: Schema.String }),
  credentials: Schema.Struct({ token: Schema.Redacted(Schema.String) }),
  run: ({ prefix }, credentials) =>
    Effect.fnUntraced(function* (intake, { follow }) {
      const { token } = yield* Effect.orDie(credentials)
      yield* intake.claim("pages", Effect.fnUntraced(function* (after) {
        for (let page = Number(Option.getOrElse(after, () => "0")); page < 5; page++) {
          if (page >= 2 && Redacted.value(token) !== "good") {
            return yield* new Source.SourceError({ kind: "unauthorized", detail: "https://api.example.com: answered 401; look at the token" })
          }
          const id = prefix + "-" + page
          const event = { id, type: "shop.Order", time: 1780000000000, user: { externalId: id }, properties: {} }
          yield* intake.append({ events: [event], malformed: [], split: "pages", checkpoint: String(page + 1) })
        }
      }))
      if (follow) yield* Effect.never
    })
})
`

const configuration = (source: (name: string) => object) => ({
  name: "tested",
  sources: ["first", "second"].map((name) => ({
    name,
    use: "./paged.js",
    settings: { prefix: name },
    ...source(name)
  })),
  outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state" } },
  routes: [
    {
      name: "archive",
      to: { use: "@millrace/destination-files", settings: { path: "./out" } }
    }
  ]
})

interface Status {
  readonly sources: ReadonlyArray<Source>
  readonly attention: ReadonlyArray<Condition>
}

const start = Effect.gen(function* () {
  const world = yield* World.make
  world.put("paged.js", plugin)
  world.put("package.json", '{"type": "module"}')
  world.put("first.token", "old")
  world.put("second.token", "good")
  const config = configuration((name) => ({ credentials: { token: { file: `./${name}.token` } } }))
  const file = world.configure(config)
  const status = Effect.map(
    world.millrace(["status", file, "--json"]),
    ({ stdout }): Status => JSON.parse(stdout)
  )
  return { world, file, status }
})

/** Asks for the status until it is so; an exporter that ends meanwhile fails the test. */
const until = (program: Program, status: Effect.Effect<Status>, isSo: (found: Status) => boolean) =>
  Effect.raceFirst(
    Effect.gen(function* () {
      let found: Status | undefined
      while (found === undefined || !isSo(found))
        found = yield* Effect.catchDefect(status, () => Effect.succeed(undefined))
      return found
    }),
    Effect.flatMap(program.ended, ({ stderr }) => Effect.die(new Error(`it ended: ${stderr}`)))
  )

const stateOf = ({ sources }: Status, name: string) => sources.find(({ source }) => source === name)

describe.concurrent("a source that is refused from the third page on", () => {
  it.live("is told of, the other goes on; with a new token it goes on too, without a restart", () =>
    Effect.gen(function* () {
      const { world, file, status } = yield* start
      const program = yield* world.start(["run", file, "--follow"])
      const refused = yield* until(program, status, (found) => stateOf(found, "first")?.state === "closed")
      const first = stateOf(refused, "first")
      assert.include(first?.trouble, "answered 401")
      assert.isAbove(first?.nextTry ?? 0, first?.since ?? Infinity)
      const [condition] = refused.attention
      assert.strictEqual(condition?.source, "first")
      assert.include(condition?.text, "source first is closed, its credentials are refused")
      yield* until(program, status, (found) => stateOf(found, "second")?.state === "waiting")
      const shown = yield* world.millrace(["lanes", "show", file])
      assert.match(shown.stdout, /first {3}closed/)
      assert.match(shown.stdout, /source first: https:\/\/api.example.com: answered 401; .*\(next try /)
      world.put("first.token", "good")
      yield* until(program, status, (found) => stateOf(found, "first")?.state === "waiting")
      program.kill("SIGTERM")
      const ended = yield* program.ended
      assertEnded(ended, 0)
      assert.match(ended.stderr, /the source is closed: https:\/\/api.example.com: answered 401/)
      assert.include(ended.stderr, "the credentials changed and are in use")
    })
  )

  it.live("ends a run with an exit code that says so, and a line that names it", () =>
    Effect.gen(function* () {
      const { world, file, status } = yield* start
      const ended = yield* world.millrace(["run", file])
      assertEnded(ended, 2)
      assert.match(ended.stderr, /source first: https:\/\/api.example.com: answered 401; look at the token/)
      assert.deepStrictEqual(
        (yield* status).sources.map(({ source, state }) => [source, state]),
        [
          ["first", "failed"],
          ["second", "ended"]
        ]
      )
      assert.match(ended.stdout, /7/)
      world.put("first.token", "good")
      assertEnded(yield* world.millrace(["run", file]), 0)
    })
  )
})
