/** What programs find in their environment. */
import { writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import process from "node:process"
import { ground } from "./ground.ts"

/** npm tells a script about the package and the folder it belongs to; for others that is misleading. */
const fromNpm =
  /^(npm_(lifecycle|package)_.*|npm_(command|execpath|node_execpath)|npm_config_((local_|global_)?prefix)|INIT_CWD)$/i

const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !fromNpm.test(name)))

/** That of whoever called, for what is fetched from their registry. */
export const own: NodeJS.ProcessEnv = {
  ...inherited,
  TURBO_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
  FORCE_COLOR: "0"
}

const always = ["127.0.0.1", "localhost"]

/** That of somebody else, who knows the local registry alone; `node` is the folder of the Node they have. */
export const stranger = (registry: string, node?: string): NodeJS.ProcessEnv => {
  const settings = join(ground, "npmrc")
  const { host } = new URL(registry)
  // The registry takes everything from everybody, but publishing wants some token.
  writeFileSync(settings, `registry=${registry}\n//${host}/:_authToken=rehearsal\nfund=false\naudit=false\n`)
  const direct = [own["NO_PROXY"] ?? own["no_proxy"] ?? "", ...always].filter((text) => text !== "").join(",")
  return {
    ...own,
    PATH: (node === undefined ? "" : node + delimiter) + (own["PATH"] ?? ""),
    NPM_CONFIG_USERCONFIG: settings,
    npm_config_userconfig: settings,
    npm_config_registry: registry,
    npm_config_cache: join(ground, "npm-cache"),
    npm_config_update_notifier: "false",
    npm_config_provenance: "false",
    NO_PROXY: direct,
    no_proxy: direct
  }
}
