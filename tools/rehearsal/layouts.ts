/**
 * The command and its plugins, installed in every way that users have: each time events come from a source with a secret
 * and one without, and go to destinations with a secret and without.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { Failure } from "./failure.ts"
import { attempt, ground, run } from "./ground.ts"
import { smallSource } from "./smallSource.ts"
import type { Vendor } from "./vendor.ts"

const home = join(ground, "layouts")
const acme = "millrace-destination-acme"

export interface Wanted {
  /** Of all packages. */
  readonly version: string
  /** Of the destination that `npm create` has written; it was built where it stands. */
  readonly tarball: string
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly vendor: Vendor
}

interface Layout {
  readonly name: string
  /** The command. */
  readonly command: ReadonlyArray<string>
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** What stands for the destination that `npm create` has written. */
  readonly use?: string
  readonly typescript?: boolean
}

/** Gives the names of those that deliver. */
export const tryLayouts = async (wanted: Wanted): Promise<ReadonlyArray<string>> => {
  mkdirSync(home)
  const source = await smallSource(join(home, "small-source"), wanted.env)
  const ours = ["source-stdin", "destination-segment", "destination-http"]
  const plugins = [...ours.map((name) => `@millrace/${name}@${wanted.version}`), wanted.tarball, source]
  const exporter = `@millrace/exporter@${wanted.version}`
  const names: Array<string> = []
  for (const layouts of [withNpm, withPnpm]) {
    for await (const layout of layouts(wanted, exporter, plugins)) {
      await deliver(layout, wanted.vendor)
      names.push(layout.name)
    }
  }
  return names
}

type Layouts = (wanted: Wanted, exporter: string, plugins: ReadonlyArray<string>) => AsyncIterable<Layout>

const withNpm: Layouts = async function* ({ env, folder }, exporter, plugins) {
  const prefix = join(home, "npm-global")
  const npm = (cwd: string, ...rest: ReadonlyArray<string>) =>
    run({ command: ["npm", "install", "--ignore-scripts", "--loglevel=error", ...rest], cwd, env })
  await npm(home, "--global", "--prefix", prefix, exporter)
  const global = [join(prefix, "bin/millrace")]

  const beside = project("npm-beside", { type: "commonjs" })
  await npm(beside, ...plugins)
  relabel(join(beside, "node_modules/effect"))
  yield { name: "npm: command global, plugins beside", command: global, folder: beside, env }
  yield {
    name: "npm: TypeScript beside a CommonJS package.json",
    command: global,
    folder: beside,
    env,
    typescript: true
  }
  // The folder where it was written has all that it was made with, another `effect` among it.
  yield {
    name: "npm: a plugin by its folder",
    command: global,
    folder: beside,
    env,
    use: link(beside, folder)
  }

  await npm(home, "--global", "--prefix", prefix, ...plugins)
  const bare = join(home, "npm-bare")
  mkdirSync(bare)
  yield { name: "npm: all global", command: global, folder: bare, env }
  yield {
    name: "npm: all global, TypeScript beside no package.json",
    command: global,
    folder: bare,
    env,
    typescript: true
  }

  const together = project("npm-together", {})
  await npm(together, exporter, ...plugins)
  yield {
    name: "npm: both in one project",
    command: [join(together, "node_modules/.bin/millrace")],
    folder: together,
    env
  }
}

const withPnpm: Layouts = async function* ({ env: outer }, exporter, plugins) {
  const prefix = join(home, "pnpm-home")
  const bin = join(prefix, "bin")
  mkdirSync(bin, { recursive: true })
  const env = { ...outer, PNPM_HOME: prefix, PATH: [bin, prefix, outer["PATH"]].join(delimiter) }
  const settings = ["--ignore-scripts", "--config.minimumReleaseAge=0", "--reporter=append-only"]
  const pnpm = (cwd: string, ...rest: ReadonlyArray<string>) =>
    run({ command: ["pnpm", "add", ...settings, ...rest], cwd, env })
  // With commas between they are one group: pnpm keeps others apart.
  await pnpm(home, "--global", [exporter, ...plugins].join(","))
  const bare = project("pnpm-bare", {})
  yield { name: "pnpm: all global", command: ["millrace"], folder: bare, env }
  await pnpm(home, "--global", exporter)

  const beside = project("pnpm-beside", {})
  await pnpm(beside, ...plugins)
  yield { name: "pnpm: command global, plugins beside", command: ["millrace"], folder: beside, env }

  const together = project("pnpm-together", {})
  await pnpm(together, exporter, ...plugins)
  const own = [join(together, "node_modules/.bin/millrace")]
  yield { name: "pnpm: both in one project", command: own, folder: together, env }
}

const project = (name: string, manifest: object): string => {
  const folder = join(home, name)
  mkdirSync(folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true, ...manifest }))
  return folder
}

/** Another patch version than the command has, as it comes about when one is installed later than the other. */
const relabel = (folder: string): void => {
  const file = join(folder, "package.json")
  const manifest: { readonly version: string } = JSON.parse(readFileSync(file, "utf8"))
  const version = manifest.version.replace(/\d+$/, (patch) => String(Number(patch) + 1))
  writeFileSync(file, JSON.stringify({ ...manifest, version }))
}

/** A path to it, as a configuration in the folder would have it. */
const link = (folder: string, plugin: string): string => {
  cpSync(plugin, join(folder, "plugins", acme), { recursive: true, verbatimSymlinks: true })
  return `./plugins/${acme}`
}

const configuration = (origin: string, use: string) => {
  const to = (use: string, settings: object, credentials?: object) => ({ use, settings, credentials })
  return {
    name: "rehearsal",
    sources: [
      {
        name: "small",
        use: "millrace-source-small",
        settings: {},
        credentials: { token: { env: "SMALL_TOKEN" } }
      },
      { name: "piped", use: "@millrace/source-stdin", settings: { format: "event" } }
    ],
    outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state" } },
    routes: [
      {
        name: "acme",
        to: to(use, { url: `${origin}/acme` }, { token: { env: "ACME_TOKEN" } })
      },
      {
        name: "segment",
        when: { types: ["users.messages.email.Open"] },
        to: to("@millrace/destination-segment", { baseUrl: origin }, { writeKey: { env: "SEGMENT_KEY" } })
      },
      { name: "http", to: to("@millrace/destination-http", { url: `${origin}/http`, batch: "array" }) }
    ]
  }
}

const deliver = async ({ name, command, env, folder, ...layout }: Layout, vendor: Vendor): Promise<void> => {
  const data = JSON.stringify(configuration(vendor.origin, layout.use ?? acme))
  const file = layout.typescript === true ? "millrace.ts" : "millrace.yaml"
  const code = `import { defineConfig } from "@millrace/config"\nexport default defineConfig(${data})\n`
  writeFileSync(join(folder, file), layout.typescript === true ? code : data)
  // Each begins anew.
  rmSync(join(folder, "state"), { recursive: true, force: true })
  vendor.taken.clear()
  const event = { id: "piped", type: "users.messages.email.Open", time: 1_790_000_000_000, properties: {} }
  const input = JSON.stringify({ ...event, user: { externalId: "customer-2" } })
  const { code: ended, output } = await attempt({
    command: [...command, "run", file, "--json"],
    cwd: folder,
    env: {
      ...env,
      ACME_TOKEN: "acme-token",
      SEGMENT_KEY: "segment-key",
      SMALL_TOKEN: "small-token"
    },
    input: `${input}\n`,
    limit: 120
  })
  const wanted = ["/acme", "/v1/batch", "/http"].flatMap((path) => [`${path} small`, `${path} piped`])
  const missing = wanted.filter((one) => !vendor.taken.has(one))
  const secrets = ["Bearer acme-token", `Basic ${Buffer.from("segment-key:").toString("base64")}`]
  const unseen = secrets.filter((secret) => !vendor.authorizations.delete(secret))
  if (ended !== 0 || missing.length > 0 || unseen.length > 0)
    throw new Failure(
      `"millrace run" in the layout "${name}" (${folder}) ended with ${ended}; not delivered: ${missing.join(", ") || "nothing"}; secrets that were not shown: ${unseen.length}\n${output}`
    )
}
