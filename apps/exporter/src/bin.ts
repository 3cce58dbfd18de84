#!/usr/bin/env node
// Not by name: what an old Node lacks would be a syntax error, in place of the line below.
import * as Module from "node:module"
import process from "node:process"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`millrace: needs Node 24.15 or newer; this is ${process.versions.node}\n`)
  process.exit(2)
}
// Under a stream of short-lived objects V8 lets its heap grow to several times what is alive, and glibc keeps free memory
// for each thread, and the larger the buffers are that come and go: two thirds of the process would be garbage. These settings
// halve it for a few percent of time. They are taken at start only, so the program starts itself anew, in place. V8 also learns which code makes long-lived objects, and
// makes these old from the start. Of code that makes events it learns the wrong thing: docs/performance.md has what that costs.
// Node reads TypeScript, such as a plugin of one's own, by WebAssembly. Where several threads do so, V8 of Node 24 sometimes
// aborts the process while it frees compiled WebAssembly: it is to keep what it compiled.
const settings = [
  "--max-semi-space-size=8",
  "--heap-growing-percent=100",
  "--no-allocation-site-pretenuring",
  "--no-wasm-code-gc",
  "--expose-gc"
]
const given = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ")
const missing = settings.filter((setting) => !given.includes(setting.split("=")[0]!))
if (missing.length > 0 && process.execve !== undefined && process.platform !== "win32") {
  const { execPath, execArgv, argv, env } = process
  process.execve(execPath, [execPath, ...missing, ...execArgv, ...argv.slice(1)], {
    MALLOC_ARENA_MAX: "1",
    MALLOC_TRIM_THRESHOLD_: "131072",
    ...env
  })
}
// Compiled code is kept between runs: half of a cold start is compiling.
Module.enableCompileCache()
// Before anything else is imported: the program's own packages may stand beside other copies, too.
const { shareCopies } = await import("./copies.ts")
shareCopies()
await import("./main.ts")
