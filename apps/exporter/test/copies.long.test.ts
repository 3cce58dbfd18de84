import { mkdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { manifest, plugin, putCopies } from "./support/copies.ts"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded, startProgram } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const peers = { effect: "^4.1.0", "@millrace/core": "*", "@millrace/http": "workspace:^" }

const configuration = (use: string, top: object = {}) => {
  const { routes: _, ...rest } = World.configuration("http://127.0.0.1:9", { top: { workers: 2 } })
  const to = { use, settings: { path: "written.txt" }, credentials: { token: { env: "ACME_TOKEN" } } }
  return { ...rest, ...top, routes: [{ name: "acme", when: { types: ["*"] }, to }] }
}

const environment = { ACME_TOKEN: "planted-token" }

/** What the plugin has written of the events, and with which secrets. */
const written = (file: string) => {
  const lines = readFileSync(file, "utf8").trim().split("\n")
  const batches = lines.map((line): { token: string; ids: ReadonlyArray<{ id: string }> } => JSON.parse(line))
  return {
    tokens: [...new Set(batches.map(({ token }) => token))],
    ids: new Set(batches.flatMap(({ ids }) => ids.map(({ id }) => id)))
  }
}

const assertDelivered = Effect.fnUntraced(function* (
  world: World.World,
  folder: string,
  config: string,
  events: number
) {
  const ended = yield* world.millrace(["run", config, "--json"], { environment })
  assertEnded(ended, 0)
  const { tokens, ids } = written(world.path(folder, "written.txt"))
  assert.deepStrictEqual(tokens, ["planted-token"])
  assert.strictEqual(ids.size, events)
  assert.strictEqual(Ledgers.totals(Ledgers.parse(ended.stdout)).delivered, events)
  assert.notInclude(ended.stderr, "Warning")
})

describe.concurrent("a plugin beside other copies of what it shares with the command", () => {
  it.live("gets those of the command, so that its secret can be read, wherever it is installed", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      putCopies(world)
      for (const folder of ["node_modules/@acme/secret", "elsewhere"]) {
        world.put(`${folder}/index.js`, plugin)
        world.put(`${folder}/package.json`, manifest(peers))
      }
      for (const [folder, use] of [
        ["beside", "@acme/secret"],
        ["by-file", "../elsewhere/index.js"],
        ["by-folder", "../elsewhere"],
        ["by-name", "../elsewhere#acme"]
      ] as const) {
        const { events } = world.writeExport({ seed: 51, events: 150 }, `${folder}/export`)
        const config = world.configure(configuration(use), `${folder}/millrace.yaml`)
        yield* assertDelivered(world, folder, config, events)
      }
    })
  )

  it.live("is found beside a link to the command, by its threads too", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const { events } = world.writeExport({ seed: 55, events: 150 }, "app/export")
      world.put("global/node_modules/@acme/secret/index.js", plugin)
      world.put("global/node_modules/@acme/secret/package.json", manifest(peers))
      mkdirSync(world.path("global/node_modules/@millrace"))
      const command = world.path("global/node_modules/@millrace/exporter")
      symlinkSync(fileURLToPath(new URL("..", import.meta.url)), command)
      const config = world.configure(configuration("@acme/secret"), "app/millrace.yaml")
      const program = yield* startProgram(
        [process.execPath, join(command, "src/bin.ts"), "run", config, "--json"],
        { environment }
      )
      assertEnded(yield* program.ended, 0)
      assert.strictEqual(written(world.path("app/written.txt")).ids.size, events)
    })
  )

  it.live("may be named by a TypeScript configuration, beside a CommonJS package.json and beside none", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      putCopies(world)
      world.put("elsewhere/package.json", JSON.stringify({ type: "commonjs" }))
      world.put(
        "elsewhere/plugin.ts",
        plugin.replaceAll("Buffer.from(batch.body)", "String(Buffer.from(batch.body as Uint8Array))")
      )
      world.put("commonjs/package.json", JSON.stringify({ name: "app", type: "commonjs" }))
      for (const folder of ["commonjs", "bare"]) {
        const { events } = world.writeExport({ seed: 52, events: 150 }, `${folder}/export`)
        world.put(`${folder}/token.ts`, 'export const token: { env: string } = { env: "ACME_TOKEN" }\n')
        const { routes, ...rest } = configuration("../elsewhere/plugin.ts")
        const config = world.configure(
          `import { defineConfig } from "@millrace/config"
import { token } from "./token.ts"
const routes = ${JSON.stringify(routes)}
export default defineConfig({
  ...${JSON.stringify(rest)},
  routes: routes.map((route: any) => ({ ...route, to: { ...route.to, credentials: { token } } }))
} as any)
`,
          `${folder}/millrace.ts`
        )
        yield* assertDelivered(world, folder, config, events)
      }
    })
  )

  it.live("is refused with both versions when it needs another, and with the module that is not there", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      putCopies(world)
      mkdirExport(world)
      world.put("node_modules/@acme/secret/index.js", plugin)
      const config = world.configure(configuration("@acme/secret"))
      const { version } = JSON.parse(readFileSync(world.path("node_modules/effect/package.json"), "utf8"))
      for (const [name, range, own] of [
        ["effect", "^4.999.0", version],
        ["@millrace/core", "^7.1.0", "0.0.0"]
      ]) {
        world.put("node_modules/@acme/secret/package.json", manifest({ ...peers, [name]: range }))
        const ended = yield* world.millrace(["check", config], { environment })
        assertEnded(ended, 2)
        assert.include(
          ended.stderr,
          `@acme/secret needs ${name} ${range}, and this program has ${name} ${own};`
        )
        assert.strictEqual(ended.stderr.trim().split("\n").length, 1)
      }
      world.put("node_modules/@acme/secret/package.json", manifest(peers))
      world.put("node_modules/effect/dist/Novelty.js", "export const novelty = 1\n")
      world.put("node_modules/@acme/secret/index.js", 'import "effect/Novelty"\n')
      const ended = yield* world.millrace(["check", config], { environment })
      assertEnded(ended, 2)
      assert.include(
        ended.stderr,
        `@acme/secret imports effect/Novelty, which effect ${version} of this program does not have`
      )
    })
  )

  it.live("is chosen by its name where a package has several", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const { events } = world.writeExport({ seed: 53, events: 150 })
      world.put(
        "plugins.js",
        `${plugin}\n${plugin.slice(plugin.indexOf("export const")).replace("acme =", "other =")}`
      )
      world.put("package.json", JSON.stringify({ type: "module" }))
      const ambiguous = world.configure(configuration("./plugins.js"), "ambiguous.yaml")
      const ended = yield* world.millrace(["check", ambiguous], { environment })
      assertEnded(ended, 2)
      assert.include(
        ended.stderr,
        './plugins.js: has several plugins: acme, other; name one of them, as in "./plugins.js#acme"'
      )
      const config = world.configure(configuration("./plugins.js#other"))
      yield* assertDelivered(world, ".", config, events)
    })
  )
})

const mkdirExport = (world: World.World) => world.writeExport({ seed: 54, events: 10 })
