/**
 * `npm test`: lint, types, structure, all tests but the long ones, and a build of every package.
 *
 * Stops at the first step that fails and shows what it said.
 */
import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"

const root = dirname(import.meta.dirname)

interface Step {
  readonly name: string
  readonly commands: ReadonlyArray<ReadonlyArray<string>>
  /** Shown as it runs, rather than only when it fails. */
  readonly loud?: boolean
}

const steps: ReadonlyArray<Step> = [
  { name: "lint and format", commands: [["biome", "check", "--error-on-warnings"]] },
  { name: "types", commands: [["tsc", "-p", "."]] },
  { name: "public types", commands: [["node", "tools/api.ts", "--check"]], loud: true },
  { name: "tables of READMEs", commands: [["node", "tools/readmes.ts", "--check"]], loud: true },
  { name: "structure", commands: [["node", "tools/structure.ts"]], loud: true },
  { name: "unused code and dependencies", commands: [["knip", "--no-progress"]] },
  { name: "workspace", commands: [["sherif", "--no-install"]] },
  {
    name: "tests",
    commands: [
      // Vitest leaves a processor to itself, which of two is half of them.
      ["vitest", "run", "--exclude=**/*.long.test.ts", "--maxWorkers=100%", "--reporter=dot"]
    ],
    loud: true
  },
  { name: "build", commands: [["turbo", "run", "build", "--output-logs=errors-only"]] }
]

const run = (command: ReadonlyArray<string>, loud: boolean): boolean => {
  const [program = "", ...rest] = command
  const isNode = program === "node"
  const done = spawnSync(isNode ? process.execPath : join(root, "node_modules/.bin", program), rest, {
    cwd: root,
    stdio: loud ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
    env: { ...process.env, FORCE_COLOR: "0", NO_COLOR: "1" },
    maxBuffer: 64 * 1024 * 1024
  })
  if (done.status === 0) return true
  if (!loud) process.stderr.write(Buffer.concat([done.stdout, done.stderr]))
  console.error(`failed: ${command.join(" ")}`)
  return false
}

const began = performance.now()
for (const { name, commands, loud = false } of steps) {
  const start = performance.now()
  console.log(`— ${name}`)
  const passed = commands.every((command) => run(command, loud))
  if (!passed) process.exit(1)
  console.log(`  ${((performance.now() - start) / 1000).toFixed(1)} s`)
}
const long = globSync("{packages,apps}/*/test/**/*.long.test.ts", {
  cwd: root,
  exclude: (path) => path.includes("node_modules")
})
console.log(
  `left out: ${long.length} files of tests that take long, or need a server of S3, Azure Blob Storage, NATS or PostgreSQL; npm run test:long runs them, npm run nats-server and npm run postgres-server fetch what those of NATS and PostgreSQL need`
)
console.log(`all checks passed in ${((performance.now() - began) / 1000).toFixed(0)} s`)
