/**
 * Secrets by reference: `{ env: NAME }` or `{ file: PATH }` anywhere below the credentials of a source or a route.
 *
 * @since 1.0.0
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import { PluginError } from "@millrace/core/Plugin"
import * as Effect from "effect/Effect"
import { isObject } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Showable from "./internal/showable.ts"

/** The reference that a value is, if it is one. */
const referenceOf = (
  value: unknown
): { readonly kind: "env" | "file"; readonly target: string } | undefined => {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined
  const [[kind, target] = []] = Object.entries(value)
  return (kind === "env" || kind === "file") && typeof target === "string" ? { kind, target } : undefined
}

/**
 * Where a secret stands.
 *
 * @since 1.0.0
 * @category models
 */
export type SecretReference = { readonly env: string } | { readonly file: string }

type Environment = Readonly<Record<string, string | undefined>>

interface Issue {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

const failAt = (plugin: string, issues: ReadonlyArray<Issue>) =>
  new PluginError({
    plugin,
    reason: "Credentials",
    detail: issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"),
    issues
  })

const look = (
  reference: { readonly kind: "env" | "file"; readonly target: string },
  folder: string,
  environment: Environment
): Effect.Effect<Redacted.Redacted<string>, string> => {
  const { kind, target } = reference
  const redact = (secret: string) => Redacted.make(secret, { label: target })
  if (kind === "env") {
    const found = environment[target]
    return found === undefined || found === ""
      ? Effect.fail(
          Showable.isVariable(target)
            ? `the environment variable ${target} is not set`
            : "the environment variable named here is not set; what stands here is not shown, since it may be the secret itself: write the name of a variable, such as MP_IOS_KEY"
        )
      : Effect.succeed(redact(found))
  }
  const file = resolve(folder, target)
  const named = Showable.isPath(target, file)
    ? `the file ${file}`
    : "the file named here (not shown, since it may be the secret itself: write the path of a file)"
  return Effect.flatMap(
    Effect.tryPromise({
      try: () => readFile(file, "utf8"),
      catch: (cause) => {
        const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"
        return `${named} could not be read (${code})`
      }
    }),
    (text) => {
      const secret = text.replace(/\r?\n$/, "")
      return secret === "" ? Effect.fail(`${named} is empty`) : Effect.succeed(redact(secret))
    }
  )
}

/**
 * Reads one secret anew; fails with the name of what is not there.
 *
 * @since 1.0.0
 * @category conversions
 */
export const resolveSecret = (
  owner: string,
  reference: SecretReference,
  folder: string,
  environment: Environment
): Effect.Effect<Redacted.Redacted<string>, PluginError> =>
  Effect.mapError(
    look(
      "env" in reference ? { kind: "env", target: reference.env } : { kind: "file", target: reference.file },
      folder,
      environment
    ),
    (message) => failAt(owner, [{ path: [], message }])
  )

/**
 * Reads every reference below `value` anew and puts a `Redacted` in its place; files are relative to `folder`, and
 * their trailing line break is left out. Fails with the place and the name of everything that is not there.
 *
 * @since 1.0.0
 * @category conversions
 */
export const resolveSecrets = (
  plugin: string,
  value: unknown,
  folder: string,
  environment: Environment
): Effect.Effect<unknown, PluginError> => {
  const missing: Array<Issue> = []
  const walk = (path: ReadonlyArray<string>, part: unknown): Effect.Effect<unknown> => {
    const reference = referenceOf(part)
    if (reference !== undefined) {
      return Effect.catch(look(reference, folder, environment), (message) =>
        Effect.sync(() => {
          missing.push({ path, message })
        })
      )
    }
    if (Array.isArray(part))
      return Effect.forEach(part, (item, index) => walk([...path, String(index)], item))
    if (!isObject(part)) return Effect.succeed(part)
    return Effect.map(
      Effect.forEach(Object.entries(part), ([key, item]) =>
        Effect.map(walk([...path, key], item), (resolved) => [key, resolved] as const)
      ),
      Object.fromEntries
    )
  }
  return Effect.suspend(() => {
    missing.length = 0
    return Effect.flatMap(walk(["credentials"], value), (resolved) =>
      missing.length === 0 ? Effect.succeed(resolved) : Effect.fail(failAt(plugin, [...missing]))
    )
  })
}

/** How often the files of secrets are looked at. */
const lookEvery = "2 seconds"

/**
 * Completes when a file that a reference below `value` names has other content than when it last completed, or was
 * first asked: written anew, or reached through another link, as Kubernetes swaps them. Never completes when there is no such file to look at.
 *
 * @since 1.0.0
 * @category conversions
 */
export const secretsChanged = (value: unknown, folder: string): Effect.Effect<void> => {
  const files = filesOf(value).map((file) => resolve(folder, file))
  if (files.length === 0) return Effect.never
  const digests = Effect.map(Effect.forEach(files, digestOf), (found) => found.join())
  // Kept between questions: what changes while one change is being taken up is not missed.
  let known: string | undefined
  return Effect.gen(function* () {
    known ??= yield* digests
    let now = yield* digests
    while (now === known) now = yield* Effect.delay(digests, lookEvery)
    known = now
  })
}

const filesOf = (value: unknown): ReadonlyArray<string> => {
  const reference = referenceOf(value)
  if (reference !== undefined) return reference.kind === "file" ? [reference.target] : []
  if (Array.isArray(value)) return value.flatMap(filesOf)
  return isObject(value) ? Object.values(value).flatMap(filesOf) : []
}

/** A file that cannot be read has a digest of its own: its coming back is a change. */
const digestOf = (file: string): Effect.Effect<string> =>
  Effect.promise(() =>
    readFile(file).then(
      (bytes) => createHash("sha256").update(bytes).digest("hex"),
      () => ""
    )
  )
