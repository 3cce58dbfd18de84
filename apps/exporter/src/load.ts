/**
 * The configuration named on the command line, with the plugins that are installed.
 */
import { createRequire } from "node:module"
import { resolve } from "node:path"
import process from "node:process"
import { pathToFileURL } from "node:url"
import * as Config from "@millrace/config/Config"
import * as Argument from "effect/cli/Argument"

export const configArgument = Argument.String("config").pipe(
  Argument.withDescription("The configuration: a YAML, JSON or TypeScript file")
)

/** What is installed beside the configuration goes before what came with this program. */
const importer =
  (file: string) =>
  async (name: string): Promise<unknown> => {
    const beside = findBeside(file, name)
    return beside === undefined ? import(name) : import(pathToFileURL(beside).href)
  }

const findBeside = (file: string, name: string): string | undefined => {
  try {
    return createRequire(file).resolve(name)
  } catch {
    return undefined
  }
}

export const load = (config: string) =>
  Config.load(config, { importer: importer(resolve(config)), environment: process.env })
