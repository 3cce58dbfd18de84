import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, assert, describe, it } from "vitest"
import * as Config from "../../packages/config/src/Config.ts"
import { missingIn } from "../readmes/configuration.ts"

const packages = join(dirname(dirname(import.meta.dirname)), "packages")
const folder = mkdtempSync(join(tmpdir(), "readmes-"))
afterAll(() => rmSync(folder, { recursive: true }))

const readmeOf = (name: string) => readFileSync(join(packages, name, "README.md"), "utf8")
const firstYaml = (name: string) => /```yaml\n([\s\S]*?)```/.exec(readmeOf(name))?.[1] ?? ""

const parts = {
  source: 'source: { use: "@millrace/source-stdin", settings: { format: event } }\n',
  outbox: 'outbox: { use: "@millrace/outbox-sqlite", settings: { path: ./state } }\n',
  destination: 'to: { use: "@millrace/destination-files", settings: { path: ./lake } }\n'
}

const kindOf = (name: string) =>
  (["source", "outbox", "destination"] as const).find((kind) => name.startsWith(`${kind}-`))

/** A configuration with the plugin's own part as its README has it. */
const around = (name: string, kind: keyof typeof parts): string => {
  const part = (of: keyof typeof parts) => (of === kind ? firstYaml(name) : parts[of])
  const destination = part("destination").replace(/^/gm, "    ")
  return `name: test\n${part("source")}${part("outbox")}routes:\n  - name: route\n${destination}\n`
}

const environment = new Proxy<Record<string, string>>(
  {},
  {
    get: (_, name) =>
      name === "WEBHOOK_SECRET" ? `whsec_${Buffer.alloc(24).toString("base64")}` : "a secret"
  }
)

describe("the configuration that a README begins with", () => {
  for (const name of readdirSync(packages)) {
    const kind = kindOf(name)
    if (kind === undefined) continue
    it(`works as it stands: ${name}`, async () => {
      assert.include(firstYaml(name), `use: "@millrace/${name}"`)
      const file = join(folder, `${name}.yaml`)
      writeFileSync(file, around(name, kind))
      const importer = (given: string) =>
        import(join(packages, given.replace("@millrace/", ""), "src/index.ts"))
      await Effect.runPromise(Config.load(file, { importer, environment }))
    })
  }

  it("names every setting", () => {
    const readme = (yaml: string) =>
      `\`\`\`yaml\n${yaml}\`\`\`\n<!-- settings -->\n| setting |\n| --- |\n| \`path\` | a |\n| \`limits.bytes\` | b |\n<!-- /settings -->\n`
    assert.deepStrictEqual(missingIn(readme("path: a\n# limits: { bytes: 1 }\n")), [])
    assert.deepStrictEqual(missingIn(readme("path: a\n")), ["its first YAML does not name limits.bytes"])
    assert.deepStrictEqual(missingIn("# none\n"), ["has no configuration as YAML"])
  })
})
