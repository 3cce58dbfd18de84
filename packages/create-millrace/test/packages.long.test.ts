import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { assert, describe, it } from "vitest"
import { copyOfRepository, link } from "./support/places.ts"
import {
  create,
  demandAllPassed,
  filesBelow,
  run,
  succeed,
  temporaryFolder,
  tool
} from "./support/program.ts"
import { serving } from "./support/serving.ts"

describe("in the repository", () => {
  it("a destination and a source pass all of its checks, and change nothing but the lock file", async () => {
    const root = copyOfRepository()
    const before = filesBelow(root)
    succeed(root, "npm", "run", "create", "--", "destination", "acme-cloud", "--yes")
    // From anywhere within.
    const made = create(join(root, "docs"), "source", "acme-cloud")
    assert.strictEqual(made.code, 0, made.errors)
    assert.include(made.output, "running pnpm install")
    const folders = ["packages/destination-acme-cloud", "packages/source-acme-cloud"]
    const after = filesBelow(root)
    const changed = [...after.keys()].filter((path) => before.get(path) !== after.get(path))
    assert.deepStrictEqual(
      changed.filter((path) => !folders.some((folder) => path.startsWith(`${folder}/`))),
      ["pnpm-lock.yaml"]
    )
    assert.deepStrictEqual(
      [...before.keys()].filter((path) => !after.has(path)),
      []
    )
    assert.strictEqual(
      after.get("pnpm-lock.yaml"),
      readFileSync(join(root, "node_modules/.installed-lock.yaml"), "latin1")
    )

    succeed(root, tool("biome"), "check", "--error-on-warnings", ...folders)
    // Of the rest of the repository its own checks tell.
    const checks: ReadonlyArray<readonly [string, ...ReadonlyArray<string>]> = [
      [process.execPath, "tools/structure.ts"],
      [tool("knip"), "--no-progress", "--no-config-hints"],
      [tool("sherif"), "--no-install"]
    ]
    for (const [program, ...rest] of checks) {
      const { errors, output } = run(root, program, ...rest)
      assert.notInclude(output + errors, "acme-cloud", program)
    }

    for (const folder of folders.map((name) => join(root, name))) {
      succeed(folder, "npm", "run", "build")
      const packed = JSON.parse(run(folder, "pnpm", "pack", "--json", "--pack-destination", root).output)
      succeed(root, tool("publint"), "run", packed.filename, "--strict")
      succeed(root, tool("attw"), packed.filename, "--profile", "esm-only")
    }
    demandAllPassed(succeed(join(root, folders[1]!), "npm", "test"), 15)

    // The program itself, as published.
    const program = join(root, "packages/create-millrace")
    succeed(program, "npm", "run", "build")
    const { filename } = JSON.parse(run(program, "pnpm", "pack", "--json", "--pack-destination", root).output)
    succeed(root, tool("publint"), "run", filename, "--strict")
    const elsewhere = temporaryFolder()
    succeed(elsewhere, "tar", "-xzf", filename)
    succeed(
      elsewhere,
      process.execPath,
      "package/dist/bin.js",
      "source",
      "acme",
      "--workflow",
      "--no-install"
    )
    mkdirSync(join(elsewhere, "from-source"))
    assert.strictEqual(
      create(join(elsewhere, "from-source"), "source", "acme", "--workflow", "--no-install").code,
      0
    )
    assert.deepStrictEqual(
      filesBelow(join(elsewhere, "millrace-source-acme")),
      filesBelow(join(elsewhere, "from-source/millrace-source-acme"))
    )
  })
})

describe("by itself", () => {
  it.each(["promises", "effect"])(
    "a destination in the style of %s passes its checks and builds",
    (style) => {
      const folder = temporaryFolder()
      assert.strictEqual(create(folder, "destination", "acme", "--style", style, "--no-install").code, 0)
      const made = join(folder, "millrace-destination-acme")
      link(made)
      assert.match(succeed(made, "npm", "test"), /\d+ passed/)
      succeed(made, "npm", "run", "lint")
      succeed(made, "npm", "run", "build")
    }
  )

  it.each(["promises", "effect"])(
    "a source in the style of %s passes its checks, builds, and delivers from its example server and to it",
    async (style) => {
      const folder = temporaryFolder()
      const options = ["--style", style, "--workflow", "--no-install"]
      assert.strictEqual(create(folder, "source", "acme", ...options).code, 0)
      const made = join(folder, "millrace-source-acme")
      link(made)
      demandAllPassed(succeed(made, "npm", "test"), 15)
      succeed(made, "npm", "run", "lint")
      succeed(made, "npm", "run", "build")
      assert.includeMembers(readdirSync(join(made, "dist")), ["index.js", "index.d.ts", "AcmeSource.js"])
      await using server = await serving(made)
      const ran = succeed(
        made,
        "env",
        "ACME_TOKEN=any",
        "npm",
        "run",
        "millrace",
        "--",
        "run",
        "example/millrace.yaml"
      )
      assert.match(ran, /read +4\n/)
      assert.match(ran, /delivered +to lane: main +4\n/)
      const said = await server.stop()
      assert.strictEqual(said.match(/^taken: /gm)?.length, 4)
    }
  )
})
