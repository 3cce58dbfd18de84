// Entry of every root script. Runs on old Node versions: it finds or fetches the pinned Node and pnpm,
// installs the workspace when the lock file changed, then hands over to a program under tools/ or a package.
import { spawn, spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync
} from "node:fs"
import { delimiter, dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pins = join(root, "tools", "toolchain")
const toolchain = join(root, ".toolchain")
const programs = {
  demo: "tools/demo.ts",
  check: "tools/check.ts",
  coverage: "tools/coverage.ts",
  packages: "tools/packages.ts",
  millrace: "apps/exporter/src/bin.ts",
  emulator: "packages/mparticle-emulator/src/bin.ts",
  simulate: "tools/simulate.ts",
  crashes: "tools/crashes.ts",
  fleet: "tools/fleet.ts",
  scaling: "tools/scaling.ts",
  soak: "tools/soak.ts",
  fuzz: "tools/fuzz.ts",
  bench: "benchmarks/src/bench.ts",
  api: "tools/api.ts",
  readmes: "tools/readmes.ts",
  reference: "tools/reference.ts",
  create: "packages/create-millrace/src/bin.ts",
  rehearse: "tools/rehearse.ts",
  "s3-server": "tools/s3-server.ts",
  "nats-server": "tools/nats-server.ts",
  "postgres-server": "tools/postgres-server.ts",
  vitest: "node_modules/vitest/vitest.mjs"
}

const say = (text) => process.stderr.write(`millrace: ${text}\n`)
const fail = (text) => {
  say(text)
  process.exit(1)
}
const sameFile = (left, right) =>
  existsSync(left) && existsSync(right) && readFileSync(left).equals(readFileSync(right))

const atLeast = (text, major, minor) => {
  const [, a, b] = /(\d+)\.(\d+)/.exec(text) ?? []
  return Number(a) > major || (Number(a) === major && Number(b) >= minor)
}

/** The folder to put first on PATH: nothing when this machine's own Node and pnpm are new enough. */
const findToolchain = () => {
  const pnpm = spawnSync("pnpm", ["--version"], { encoding: "utf8", cwd: root })
  if (atLeast(process.versions.node, 24, 15) && pnpm.status === 0 && atLeast(pnpm.stdout, 12, 0))
    return undefined
  if (!sameFile(join(pins, "package-lock.json"), join(toolchain, "package-lock.json"))) fetchToolchain()
  return join(toolchain, "bin")
}

const fetchToolchain = () => {
  say("fetching Node 24 and pnpm 12 from the npm registry into .toolchain/ (once)")
  const fresh = `${toolchain}.${process.pid}`
  const abandon = (text) => {
    rmSync(fresh, { recursive: true, force: true })
    fail(text)
  }
  mkdirSync(join(fresh, "bin"), { recursive: true })
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(pins, name), join(fresh, name))
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: fresh,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32"
  })
  if (npm.status !== 0)
    abandon("could not fetch the toolchain: check that this machine reaches the npm registry, then try again")
  const modules = join(fresh, "node_modules")
  const link = (name, folder, path) => {
    const found = existsSync(folder)
      ? readdirSync(folder).find((entry) => existsSync(join(folder, entry, path)))
      : undefined
    if (found === undefined)
      abandon(
        `no pinned ${name} for ${process.platform} ${process.arch}: install Node 24.15 and pnpm 12 yourself, then try again`
      )
    symlinkSync(join(folder, found, path).replace(fresh, ".."), join(fresh, "bin", name))
  }
  link("node", modules, join("bin", "node"))
  link("pnpm", join(modules, "@pnpm"), "pnpm")
  rmSync(toolchain, { recursive: true, force: true })
  renameSync(fresh, toolchain)
}

const install = (env) => {
  const stamp = join(root, "node_modules", ".installed-lock.yaml")
  if (sameFile(join(root, "pnpm-lock.yaml"), stamp)) return
  say("installing the workspace with pnpm (once per change of its lock file)")
  const pnpm = spawnSync("pnpm", ["install", "--frozen-lockfile", "--reporter=append-only"], {
    cwd: root,
    env,
    stdio: ["ignore", 2, 2]
  })
  if (pnpm.status !== 0)
    fail("could not install: check that this machine reaches the npm registry, then try again")
  copyFileSync(join(root, "pnpm-lock.yaml"), stamp)
}

const [name = "", ...rest] = process.argv.slice(2)
if (!(name in programs)) fail(`usage: run.mjs ${Object.keys(programs).join("|")} [ARGUMENTS]`)
const bin = findToolchain()
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" }
if (bin !== undefined) env.PATH = bin + delimiter + (process.env.PATH ?? "")
install(env)

// Paths on the command line are the caller's: npm runs scripts in the package's root and says where it was called.
const child = spawn(
  bin === undefined ? process.execPath : join(bin, "node"),
  [join(root, programs[name]), ...rest],
  {
    cwd: name === "demo" || name === "check" ? root : (process.env.INIT_CWD ?? process.cwd()),
    env,
    stdio: "inherit"
  }
)
// A terminal sends Ctrl-C to the whole group; what is sent to this process alone is passed on.
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"))
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
