/**
 * A configuration as read: its value, and the line of every setting.
 */
import { readFile } from "node:fs/promises"
import { extname } from "node:path"
import { codeOf } from "@millrace/core/Thrown"
import * as Effect from "effect/Effect"
import { isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml"
import { ConfigError } from "../ConfigError.ts"
import { importPath } from "./importPath.ts"

export interface Document {
  readonly file: string
  readonly value: unknown
  /** The line of a setting, or of the nearest one around it; `undefined` where the file has no lines to tell. */
  readonly lineOf: (path: ReadonlyArray<string>) => number | undefined
}

export const read = (file: string): Effect.Effect<Document, ConfigError> =>
  /^\.[cm]?[jt]s$/.test(extname(file)) ? readModule(file) : readText(file)

const fail = (file: string, detail: string, line?: number) =>
  new ConfigError({ file, path: "", detail, ...(line === undefined ? {} : { line }) })

const unreadable = (file: string, cause: unknown) => {
  const code = codeOf(cause)
  if (code === "ENOENT") return fail(file, "there is no such file; name the configuration to use")
  if (code === "EISDIR") return fail(file, "is a folder; name a file")
  return fail(
    file,
    code === "EACCES" ? "may not be read; check its permissions" : `could not be read (${code})`
  )
}

const readText = (file: string) =>
  Effect.flatMap(
    Effect.tryPromise({ try: () => readFile(file, "utf8"), catch: (cause) => unreadable(file, cause) }),
    (text) => {
      const lines = new LineCounter()
      const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
      const [error] = document.errors
      if (error !== undefined) {
        const line = lines.linePos(error.pos[0]).line
        return Effect.fail(fail(file, `is not valid YAML or JSON: ${firstSentence(error.message)}`, line))
      }
      const lineOf = (path: ReadonlyArray<string>): number | undefined => {
        for (let length = path.length; length > 0; length--) {
          const parent = document.getIn(path.slice(0, length - 1), true)
          const key = path[length - 1]
          const node = isMap(parent)
            ? parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)?.key
            : document.getIn(path.slice(0, length), true)
          if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
        }
        return undefined
      }
      return Effect.try({
        // An alias for each of many aliases would be a value without end.
        try: (): Document => ({ file, value: document.toJS({ maxAliasCount: 100 }), lineOf }),
        catch: () => fail(file, "holds more aliases than a configuration needs; write the values out")
      })
    }
  )

const firstSentence = (text: string) => text.split("\n")[0] ?? text

const readModule = (file: string) =>
  Effect.flatMap(
    Effect.tryPromise({
      try: async (): Promise<unknown> => {
        await readFile(file)
        return importPath(file)
      },
      catch: (cause) =>
        ["ENOENT", "EISDIR", "EACCES"].includes(codeOf(cause))
          ? unreadable(file, cause)
          : fail(
              file,
              `failed to load: ${cause instanceof Error ? firstSentence(cause.message) : "unknown error"}`
            )
    }),
    (module) =>
      typeof module === "object" && module !== null && "default" in module
        ? Effect.succeed({ file, value: module.default, lineOf: () => undefined } satisfies Document)
        : Effect.fail(fail(file, "has no default export; write: export default defineConfig({ ... })"))
  )
