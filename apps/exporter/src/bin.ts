#!/usr/bin/env node
import { enableCompileCache } from "node:module"
import process from "node:process"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`millrace: needs Node 24.15 or newer; this is ${process.versions.node}\n`)
  process.exit(2)
}
// Compiled code is kept between runs: half of a cold start is compiling.
enableCompileCache()
await import("./main.ts")
