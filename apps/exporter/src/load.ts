/**
 * The configuration named on the command line, with the plugins that are installed.
 */
import { registerHooks } from "node:module"
import { resolve } from "node:path"
import process from "node:process"
import { pathToFileURL } from "node:url"
import * as Config from "@millrace/config/Config"
import * as Argument from "effect/cli/Argument"

export const configArgument = Argument.String("config").pipe(
  Argument.withDescription("The configuration: a YAML, JSON or TypeScript file, such as millrace.yaml")
)

/** What is installed beside the configuration goes before what came with this program. */
const importer =
  (file: string) =>
  async (name: string): Promise<unknown> => {
    const beside = pathToFileURL(file).href
    const here = import.meta.url
    // Node resolves as it would for an import in the configuration itself, whatever the package exports.
    const hooks = registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier !== name || context.parentURL !== here) return next(specifier, context)
        try {
          return next(specifier, { ...context, parentURL: beside })
        } catch (cause) {
          if (isMissing(cause)) return next(specifier, { ...context, parentURL: here })
          throw cause
        }
      }
    })
    try {
      return await import(name)
    } finally {
      hooks.deregister()
    }
  }

const isMissing = (cause: unknown) =>
  cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND"

export const load = (config: string) =>
  Config.load(config, { importer: importer(resolve(config)), environment: process.env })
