/** Where in a configuration something stands. */
import { ConfigError } from "../ConfigError.ts"
import { ConfigFile } from "../ConfigFile.ts"
import type { Document } from "./Document.ts"
import * as Showable from "./showable.ts"

export const failAt = (document: Document, path: ReadonlyArray<string>, detail: string) => {
  const line = document.lineOf(path)
  return new ConfigError({
    file: document.file,
    path: printPath(path),
    detail,
    ...(line === undefined ? {} : { line })
  })
}

/** `routes[0].to.settings`. A key that may be a secret pasted in the wrong place is not shown. */
const printPath = (path: ReadonlyArray<string>) =>
  path
    .map((part) =>
      part in ConfigFile.fields || Showable.isKey(part) || /^\d+$/.test(part)
        ? part
        : "(a key that is not shown)"
    )
    .reduce(
      (text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
      ""
    )

export const valueAt = (value: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (found, part) => (typeof found === "object" && found !== null ? Reflect.get(found, part) : undefined),
    value
  )
