#!/usr/bin/env node
/**
 * The program `create-millrace`, which `npm create millrace` runs.
 *
 * @since 1.0.0
 */
import { dirname } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { main } from "./internal/main.ts"

process.exitCode = await main({
  arguments: process.argv.slice(2),
  folder: process.cwd(),
  home: dirname(dirname(fileURLToPath(import.meta.url))),
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  isTerminal: process.stdin.isTTY === true && process.stdout.isTTY === true
})
