import { mkdirSync, readFileSync } from "node:fs"
import { dirname } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const yaml = (url: string) => `
# The same as the others.
name: tested
source:
  use: "@millrace/source-files"
  settings: { path: ./export, format: braze-currents }
outbox:
  use: "@millrace/outbox-sqlite"
  settings:
    path: ./state-yaml
routes:
  - name: mparticle
    policy: ${JSON.stringify(World.patient)}
    to:
      use: "@millrace/destination-mparticle"
      settings:
        baseUrl: ${url}
        environment: development
      credentials:
        ios: { key: { env: MP_IOS_KEY }, secret: { env: MP_IOS_SECRET } }
        android: { key: { env: MP_ANDROID_KEY }, secret: { env: MP_ANDROID_SECRET } }
        web: { key: { env: MP_WEB_KEY }, secret: { env: MP_WEB_SECRET } }
        unbound: { key: { env: MP_UNBOUND_KEY }, secret: { file: ./unbound.secret } }
`

/** What a plugin of somebody else looks like: it writes what it is given to a file. */
const plugin = `
import { appendFileSync } from "node:fs"
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import * as Message from "@millrace/core/Message"
import * as Outcome from "@millrace/core/Outcome"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export const file = Destination.plugin({
  name: "@acme/destination-file",
  accepts: Catalogue.any,
  settings: Schema.Struct({ path: Schema.String }),
  credentials: Schema.Struct({}),
  open: ({ settings }) =>
    Result.succeed({
      lanes: [{ name: "main" }],
      limits: {
        messages: 100,
        events: 100,
        bytes: 1_000_000,
        messageBytes: 100_000,
        messageEvents: 1,
        concurrency: 1,
        window: 0
      },
      assign: () => Destination.to("main"),
      prepare: ([event]) => Result.succeed(Message.json(event.id, { id: event.id })),
      connect: Destination.connectAsync(() => ({
        deliver: async (batch) => {
          appendFileSync(settings.path, Buffer.from(batch.body).toString() + "\\n")
          return Outcome.Outcomes.all(batch, Outcome.delivered)
        },
        check: async () => {}
      }))
    })
})
`

const withRoutes = (url: string, routes: ReadonlyArray<unknown>) => ({
  ...World.configuration(url),
  routes: routes.map((to, index) => ({ name: `route-${index}`, when: { types: ["*"] }, to }))
})

describe.concurrent("a configuration", () => {
  it.live("is the same in YAML, JSON and TypeScript", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      world.writeExport({ seed: 41, events: 1_000 })
      world.put("unbound.secret", `${World.feeds["unbound"]!.secret}\n`)
      const data = (format: string) => ({
        ...World.configuration(emulator.url),
        outbox: { use: "@millrace/outbox-sqlite", settings: { path: `./state-${format}` } }
      })
      const typescript = `import { defineConfig } from "@millrace/config"
          const config: Parameters<typeof defineConfig>[0] = ${JSON.stringify(data("ts"))}
          export default defineConfig(config)`
      const files = [
        world.configure(yaml(emulator.url), "millrace.yaml"),
        world.configure(data("json"), "millrace.json"),
        world.configure(typescript, "millrace.ts")
      ]
      const runs = yield* Effect.forEach(
        files,
        Effect.fnUntraced(function* (file) {
          emulator.clear()
          // From elsewhere: paths are relative to the configuration.
          const ended = yield* world.millrace(["run", file, "--json"], { folder: dirname(world.folder) })
          assertEnded(ended, 0)
          const { distinctEvents, conflicting, refused } = emulator.state().totals
          return { ledger: Ledgers.parse(ended.stdout), distinctEvents, conflicting, refused }
        })
      )
      assert.isAbove(runs[0]!.distinctEvents, 500)
      assert.deepStrictEqual(runs[1], runs[0])
      assert.deepStrictEqual(runs[2], runs[0])
    })
  )

  it.live("names several sources, and routes choose among them", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      world.writeExport({ seed: 42, events: 300 }, "east")
      world.writeExport({ seed: 43, events: 500 }, "west")
      const { source, routes, ...config } = World.configuration(emulator.url)
      const files = (name: string) => ({
        name,
        use: source.use,
        settings: { ...source.settings, path: `./${name}` }
      })
      const file = world.configure({
        ...config,
        sources: [files("east"), files("west")],
        routes: [
          { ...routes[0], name: "both" },
          { ...routes[0], name: "western", from: ["west"], when: { types: ["users.messages.email.*"] } }
        ]
      })
      const ended = yield* world.millrace(["run", file, "--json"])
      assertEnded(ended, 0)
      const ledger = Ledgers.parse(ended.stdout)
      assert.strictEqual(ledger.routes["both"]?.read, 800)
      assert.strictEqual(ledger.routes["western"]?.read, 500)
      assert.deepStrictEqual(Object.keys(ledger.routes["western"]?.delivered ?? {}), ["unbound"])
    })
  )

  it.live("loads a plugin installed beside it by the package's name, or a file of its own by path", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const summary = world.writeExport({ seed: 44, events: 400 })
      world.put("node_modules/@acme/destination-file/index.js", plugin)
      // As the packages of ES modules are: there is nothing to `require`.
      const manifest = {
        name: "@acme/destination-file",
        type: "module",
        exports: { ".": { import: "./index.js" } }
      }
      world.put("node_modules/@acme/destination-file/package.json", JSON.stringify(manifest))
      world.put("mine.ts", plugin.replace("deliver: async (batch)", "deliver: async (batch: any)"))
      const to = (use: string, path: string) => ({ use, settings: { path: world.path(path) } })
      const file = world.configure(
        withRoutes("http://127.0.0.1:9", [
          to("@acme/destination-file", "package.txt"),
          to("./mine.ts", "file.txt")
        ])
      )
      const ended = yield* world.millrace(["run", file, "--json"], { folder: dirname(world.folder) })
      assertEnded(ended, 0)
      const ledger = Ledgers.parse(ended.stdout)
      for (const [route, written] of [
        ["route-0", "package.txt"],
        ["route-1", "file.txt"]
      ] as const) {
        assert.deepStrictEqual(ledger.routes[route]?.delivered, { main: summary.events })
        const ids = readFileSync(world.path(written), "utf8")
          .trim()
          .split("\n")
          .flatMap((line): ReadonlyArray<unknown> => JSON.parse(line))
        assert.strictEqual(new Set(ids.map((message) => JSON.stringify(message))).size, summary.events)
      }
    })
  )

  it.live("names what a plugin lacks, and not the plugin as if it were missing", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("node_modules/@acme/destination-file/index.js", `import "acme-client"\n${plugin}`)
      world.put(
        "node_modules/@acme/destination-file/package.json",
        '{"type": "module", "exports": "./index.js"}'
      )
      mkdirSync(world.path("export"))
      const file = world.configure(withRoutes("http://127.0.0.1:9", [{ use: "@acme/destination-file" }]))
      const ended = yield* world.millrace(["run", file])
      assertEnded(ended, 2)
      assert.include(
        ended.stderr,
        "@acme/destination-file: failed to load: Cannot find package 'acme-client'"
      )
    })
  )
})
