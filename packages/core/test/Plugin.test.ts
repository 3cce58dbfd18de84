import { assert, describe, it } from "@effect/vitest"
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import * as Outcome from "@millrace/core/Outcome"
import * as Plugin from "@millrace/core/Plugin"
import * as Source from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const destination = (name: string) =>
  Destination.plugin({
    name,
    accepts: Catalogue.any,
    settings: Schema.Struct({}),
    credentials: Schema.Struct({}),
    open: () => Result.fail("is never opened")
  })

const source = Source.plugin({
  name: "acme",
  catalogue: Catalogue.any,
  settings: Schema.Struct({}),
  run: () => Source.fromArray([]).run
})

/** A plugin as another copy of core has made it. */
const speaking = (contract: unknown) => {
  const made = destination("acme")
  return Object.assign(
    (options: {}) => made(options),
    made,
    { info: { ...made.info, contract } },
    marks(made)
  )
}

const marks = (made: object) =>
  Object.fromEntries(Object.getOwnPropertySymbols(made).map((mark) => [mark, true]))

const load = (use: string, module: unknown, kind: Plugin.Kind = "destination") => {
  const asked: Array<string> = []
  return Effect.map(
    Effect.result(
      Plugin.load(use, kind, async (name) => {
        asked.push(name)
        return module
      })
    ),
    (result) => ({ asked, result })
  )
}

const refusal = (use: string, module: unknown, kind?: Plugin.Kind) =>
  Effect.map(load(use, module, kind), ({ result }) =>
    Result.isFailure(result) ? result.failure.message : "was taken"
  )

describe("opening a destination", () => {
  it.effect.each([0, -1, Number.NaN])(
    "refuses a limit under which nothing could be sent (%s), by its name",
    (bytes) =>
      Effect.gen(function* () {
        const limits = {
          messages: 1,
          events: 1,
          bytes,
          messageBytes: 1,
          messageEvents: 1,
          concurrency: 1,
          window: 0
        }
        const acme = Destination.plugin({
          name: "acme",
          accepts: Catalogue.any,
          settings: Schema.Struct({}),
          credentials: Schema.Struct({}),
          open: () =>
            Destination.opened({
              lanes: [{ name: "main" }],
              limits,
              assign: () => Destination.to("main"),
              prepare: () => Result.fail(Outcome.rejected("never")),
              connect: () => Effect.never
            })
        })
        const error = yield* Effect.flip(acme({}).open)
        assert.strictEqual(error.message, `acme: limits.bytes: expected at least 1, found ${bytes}`)
      })
  )
})

describe("loading a plugin", () => {
  it.effect("takes the only one of its kind, also where it is exported twice", () =>
    Effect.gen(function* () {
      const acme = destination("acme")
      const { result } = yield* load("acme", { default: acme, acme, source, text: "none" })
      assert.isTrue(Result.isSuccess(result) && result.success === acme)
    })
  )

  it.effect("takes the one that is named, of several", () =>
    Effect.gen(function* () {
      const module = { orders: destination("orders"), users: destination("users"), source }
      for (const name of ["orders", "users"] as const) {
        const { asked, result } = yield* load(`@acme/plugins#${name}`, module)
        assert.deepStrictEqual(asked, ["@acme/plugins"])
        assert.isTrue(Result.isSuccess(result) && result.success === module[name])
      }
      assert.strictEqual(
        yield* refusal("@acme/plugins", module),
        '@acme/plugins: has several plugins: orders, users; name one of them, as in "@acme/plugins#orders"'
      )
      assert.strictEqual(
        yield* refusal("@acme/plugins#invoices", module),
        "@acme/plugins#invoices: exports no plugin of that name; it has orders, users, source"
      )
      assert.strictEqual(
        yield* refusal("@acme/plugins#source", module),
        "@acme/plugins#source: is no destination but a source"
      )
      assert.strictEqual(
        yield* refusal("@acme/plugins", {}, "source"),
        "@acme/plugins: exports no plugin made by @millrace/core"
      )
    })
  )

  it.effect("takes plugins of its own contract's major, written for this minor or an older one", () =>
    Effect.gen(function* () {
      const [major = 0, minor = 0] = Plugin.contract.split(".").map(Number)
      const { result } = yield* load("acme", { acme: speaking(`${major}.0`) })
      assert.isTrue(Result.isSuccess(result))
      for (const other of [`${major}.${minor + 1}`, `${major + 1}.0`, `${major - 1}.9`, undefined])
        assert.include(
          yield* refusal("acme", { acme: speaking(other) }),
          `acme: was written for contract ${other} of @millrace/core, this program speaks contract ${Plugin.contract}`
        )
    })
  )

  it.effect("minds the contract of the one it takes alone", () =>
    Effect.gen(function* () {
      const { result } = yield* load("acme#new", { old: speaking("0.1"), new: destination("acme") })
      assert.isTrue(Result.isSuccess(result))
    })
  )
})
