import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { checkContents, checkStability } from "../rehearsal/contents.ts"
import { modulesOf } from "../rehearsal/modules.ts"
import type { Installed } from "../rehearsal/project.ts"

const ground = mkdtempSync(join(tmpdir(), "millrace-tools-"))
afterAll(() => rmSync(ground, { recursive: true, force: true }))

const manifest: Installed["manifest"] = {
  name: "@millrace/one",
  version: "1.0.0",
  engines: { node: ">=24" },
  files: ["dist", "schema.json"],
  exports: {
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./*": { types: "./dist/*.d.ts", default: "./dist/*.js" },
    "./schema.json": "./schema.json",
    "./internal/*": null
  },
  bin: { one: "dist/bin.js" },
  dependencies: { effect: "^4.1.0" }
}

const whole: Readonly<Record<string, string>> = {
  "package.json": "{}",
  "README.md": "# One",
  LICENSE: "",
  "schema.json": "{}",
  "dist/index.js":
    'import { a } from "./chunk-AB.js"\nimport * as Effect from "effect/Effect"\nimport { join } from "path"\n',
  "dist/index.d.ts": 'import type { A } from "./Part.js"\nimport { readFile } from "node:fs"\n',
  "dist/Part.js": "export {}",
  "dist/Part.d.ts": "export {}",
  "dist/internal/inside.d.ts": "export {}",
  "dist/chunk-AB.js": "export const a = 1",
  "dist/bin.js": "#!/usr/bin/env node\n",
  "dist/bin.d.ts": "export {}"
}

let packed = 0

/** A package as it is installed; `undefined` leaves a file out. */
const installed = (
  changes: Readonly<Record<string, string | undefined>> = {},
  changed: Partial<Installed["manifest"]> = {}
): Installed => {
  const folder = join(ground, String(packed++))
  for (const [name, text] of Object.entries({ ...whole, ...changes })) {
    if (text === undefined) continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return { folder, manifest: { ...manifest, ...changed } }
}

describe("what is packed", () => {
  it("passes where all is there and nothing else", () => {
    expect(() => checkContents([installed()])).not.toThrow()
  })

  it.each([
    ["LICENSE is missing", { LICENSE: undefined }, {}],
    ['notes.md is packed, but is not declared in "files"', { "notes.md": "" }, {}],
    ["dist/a.ts is no output of the build", { "dist/a.ts": "" }, {}],
    ["dist/Bare.js is a public module without types", { "dist/Bare.js": "" }, {}],
    ['exports "./schema.json" names ./schema.json', { "schema.json": undefined }, {}],
    ["bin names dist/none.js", {}, { bin: { one: "dist/none.js" } }],
    ["dist/bin.js does not start with #!/usr/bin/env node", { "dist/bin.js": "1\n" }, {}],
    [
      'depends on @millrace/core as "workspace:^"',
      {},
      { peerDependencies: { "@millrace/core": "workspace:^" } }
    ],
    ["dist/Part.js imports ./gone.js, which is not there", { "dist/Part.js": 'import "./gone.js"\n' }, {}],
    [
      "dist/Part.js imports undici/a, which is not declared",
      { "dist/Part.js": 'await import("undici/a")' },
      {}
    ],
    ["dist/Part.d.ts imports zod, which is not declared", { "dist/Part.d.ts": 'export * from "zod"\n' }, {}],
    [
      "dist/Part.js imports ./worker.js, which is not there",
      { "dist/Part.js": 'new Worker(new URL("./worker.js", import.meta.url))' },
      {}
    ]
  ] as const)("is refused: %s", (problem, changes, changed) => {
    expect(() => checkContents([installed(), installed(changes, changed)])).toThrow(
      `@millrace/one: ${problem}`
    )
  })
})

describe("the modules of a package", () => {
  it("are open where `exports` say so, and closed where they are private, a program or a shared chunk", () => {
    expect(modulesOf(installed())).toEqual({
      open: ["@millrace/one", "@millrace/one/index", "@millrace/one/Part"].sort(),
      data: ["@millrace/one/schema.json"],
      closed: ["@millrace/one/internal/inside", "@millrace/one/chunk-AB", "@millrace/one/bin"]
    })
  })
})

describe("the types of core", () => {
  const names = ["Effect", "Stream", "Layer", "Option", "Schema"]
  const core = (...more: ReadonlyArray<string>) =>
    installed({
      "dist/index.d.ts": [...names, ...more].map((name) => `import * as M from "effect/${name}"\n`).join("")
    })
  const effect = (unstable: string) =>
    installed(
      Object.fromEntries(
        [...names, "Odd"].map((name) => [
          `dist/${name}.d.ts`,
          `/**\n * @stability ${name === unstable ? "experimental" : "stable"}\n */\n`
        ])
      )
    )

  it("mention stable modules of effect alone", () => {
    expect(checkStability(core("Odd"), effect("none"))).toBe(6)
    expect(checkStability(core(), effect("Odd"))).toBe(5)
    expect(() => checkStability(core("Odd"), effect("Odd"))).toThrow("effect/Odd")
  })

  it("are not taken for looked through where hardly any are found", () => {
    expect(() => checkStability(installed(), effect("none"))).toThrow("too few")
  })
})
