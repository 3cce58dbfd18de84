#!/usr/bin/env node
import { enableCompileCache } from "node:module"
import process from "node:process"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`millrace: needs Node 24.15 or newer; this is ${process.versions.node}\n`)
  process.exit(2)
}
// V8 lets its young generation grow to 128 MiB under a stream of short-lived buffers; with 4 MiB a hundred of them are
// saved for a few percent of time. It takes the setting at start only, so the program starts itself anew, in place.
const youngGeneration = "--max-semi-space-size=4"
const isSet = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""]
  .join(" ")
  .includes("--max-semi-space-size")
if (!isSet && process.execve !== undefined && process.platform !== "win32") {
  const { execPath, execArgv, argv, env } = process
  process.execve(execPath, [execPath, youngGeneration, ...execArgv, ...argv.slice(1)], env)
}
// Compiled code is kept between runs: half of a cold start is compiling.
enableCompileCache()
await import("./main.ts")
