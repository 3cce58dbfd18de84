/** Promises about what an operator writes: settings and credentials. */
import { readFile } from "node:fs/promises"
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Promised } from "../../Conformance.ts"
import { type Field, fields } from "./fields.ts"
import { demand, Flaw, flaw, promised } from "./proof.ts"
import * as Secrets from "./secrets.ts"
import type { Subject } from "./subject.ts"

/** Where the remote would be; nothing is sent there. */
const nowhere = "http://127.0.0.1:9"
/** Shorter ones would be found by chance. */
const shortest = 8

export const settingsPromises = <E extends Event>(subject: Subject<E>): ReadonlyArray<Promised> => [
  ...descriptions(subject.schemas, subject.readme),
  ...(subject.credentials === undefined ? [] : [redacted(subject, subject.credentials)])
]

/** Of plugins of every kind. */
export const descriptions = (
  schemas: { readonly settings: Schema.Top; readonly credentials: Schema.Top },
  readme: URL | undefined
): ReadonlyArray<Promised> => {
  const all = [...named("settings", schemas.settings), ...named("credentials", schemas.credentials)]
  const described = promised(
    "describes every setting and credential",
    Effect.suspend(() => {
      const silent = all.filter(({ isDescribed }) => !isDescribed).map(({ path }) => path.join("."))
      return demand(silent.length === 0, () => `annotate with a description: ${silent.join(", ")}`)
    })
  )
  return readme === undefined ? [described] : [described, documented(all, readme)]
}

const named = (root: string, schema: Schema.Top): ReadonlyArray<Field> =>
  fields(schema).map((field) => ({ ...field, path: [root, ...field.path] }))

const documented = (all: ReadonlyArray<Field>, readme: URL): Promised =>
  promised(
    "names every setting and credential in a table of its README",
    Effect.gen(function* () {
      const text = yield* Effect.tryPromise({
        try: () => readFile(readme, "utf8"),
        catch: () => new Flaw({ detail: `${readme.pathname} cannot be read` })
      })
      const rows = text.split("\n").filter((line) => /^\s*\|/.test(line))
      const words = new Set(
        rows.flatMap((row) => row.match(/`[^`]+`/g) ?? []).flatMap((code) => code.split(/[^\w$-]+/))
      )
      const missing = all.filter(({ path }) => !words.has(path.at(-1)!)).map(({ path }) => path.join("."))
      yield* demand(
        missing.length === 0,
        () => `a row of a table with the name as code is missing for: ${missing.join(", ")}`
      )
    })
  )

const redacted = <E extends Event>(subject: Subject<E>, both: readonly [unknown, unknown]): Promised =>
  promised(
    "takes secrets only when they are redacted, and repeats none in an error",
    Effect.forEach(
      both,
      Effect.fnUntraced(function* (credentials) {
        const secrets = Secrets.within(credentials)
        yield* demand(secrets.length > 0, () => "none of the credentials is Redacted: use Schema.Redacted")
        yield* demand(
          secrets.every(({ length }) => length >= shortest),
          () => `give secrets of ${shortest} characters or more, so that none is found by chance`
        )
        const plain = Effect.succeed(Secrets.revealed(credentials))
        const destination = yield* subject.make(nowhere, { credentials: plain })
        const result = yield* Effect.result(destination.open)
        if (result._tag === "Success") return yield* flaw("a plain text was taken for a secret")
        const shown = secrets.find((secret) => result.failure.message.includes(secret))
        yield* demand(shown === undefined, () => "the error for a plain text repeats it")
      })
    )
  )
