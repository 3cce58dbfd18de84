/**
 * The configuration named on the command line, with the plugins that are installed.
 */
import { registerHooks } from "node:module"
import { resolve } from "node:path"
import process from "node:process"
import { pathToFileURL } from "node:url"
import * as Config from "@millrace/config/Config"
import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import { collecting } from "./collecting.ts"

export const configArgument = Argument.String("config").pipe(
  Argument.withDescription("The configuration: a YAML, JSON or TypeScript file, such as millrace.yaml")
)

/** Where plugins are looked for, the first place first. */
const placesOf = (config: string, startedAs: string | undefined) => [
  pathToFileURL(resolve(config)).href,
  import.meta.url,
  // The command may be a link to where it truly is, with its plugins beside the link.
  ...(startedAs === undefined ? [] : [pathToFileURL(startedAs).href])
]

const importer =
  (places: ReadonlyArray<string>) =>
  async (name: string): Promise<unknown> => {
    const here = import.meta.url
    // Node resolves as it would for an import in a file of the place, whatever the package exports.
    const hooks = registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier !== name || context.parentURL !== here) return next(specifier, context)
        for (const parentURL of places) {
          try {
            return next(specifier, { ...context, parentURL })
          } catch (cause) {
            if (!isMissing(cause)) throw cause
          }
        }
        return next(specifier, context)
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

/** The path by which this program was started; a reading thread is told. */
export const startedAs = (): string | undefined => process.argv[1]

export const load = (config: string, started = startedAs()) =>
  Effect.map(
    Config.load(config, { importer: importer(placesOf(config, started)), environment: process.env }),
    (loaded) => ({ ...loaded, store: collecting(loaded.store) })
  )
