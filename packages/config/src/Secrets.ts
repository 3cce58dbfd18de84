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
import * as Option from "effect/Option"
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

/** Is told what a file held when it was read; nothing when it could not be read. */
type Note = (file: string, bytes: Buffer | undefined) => void

const look = (
  reference: { readonly kind: "env" | "file"; readonly target: string },
  folder: string,
  environment: Environment,
  note: Note = () => {}
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
  return Effect.matchEffect(contentOf(file), {
    onFailure: (code) => {
      note(file, undefined)
      return Effect.fail(`${named} could not be read (${code})`)
    },
    onSuccess: (bytes) => {
      note(file, bytes)
      const secret = bytes.toString("utf8").replace(/\r?\n$/, "")
      return secret === "" ? Effect.fail(`${named} is empty`) : Effect.succeed(redact(secret))
    }
  })
}

/** Fails with the code of the system's error. */
const contentOf = (file: string): Effect.Effect<Buffer, string> =>
  Effect.tryPromise({
    try: () => readFile(file),
    catch: (cause) => (cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error")
  })

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
 * The secrets that a plugin is given.
 *
 * @since 1.0.0
 * @category models
 */
export interface Secrets {
  /**
   * Reads every reference anew and puts a `Redacted` in its place; the trailing line break of a file is left out. Fails with
   * the place and the name of everything that is not there.
   */
  readonly read: Effect.Effect<unknown, PluginError>
  /**
   * Completes when a file that a reference names has other content than when this last completed, or than when the file was
   * first looked at: written anew, or reached through another link, as Kubernetes swaps them. Whatever changes after the
   * first `read` is told. Never completes when no reference names a file.
   */
  readonly changed: Effect.Effect<void>
}

/** How often the files of secrets are looked at. */
const lookEvery = "2 seconds"

/**
 * What the references at any depth of `value` stand for; files are relative to `folder`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const secretsOf = (
  plugin: string,
  value: unknown,
  folder: string,
  environment: Environment
): Secrets => {
  // Kept between questions: what changes while one change is being taken up is not missed.
  const known = new Map<string, string>()
  const note: Note = (file, bytes) => {
    if (!known.has(file)) known.set(file, digestOf(bytes))
  }
  const walk = (
    path: ReadonlyArray<string>,
    part: unknown,
    missing: Array<Issue>
  ): Effect.Effect<unknown> => {
    const reference = referenceOf(part)
    if (reference !== undefined) {
      return Effect.catch(look(reference, folder, environment, note), (message) =>
        Effect.sync(() => {
          missing.push({ path, message })
        })
      )
    }
    if (Array.isArray(part)) {
      return Effect.forEach(part, (item, index) => walk([...path, String(index)], item, missing))
    }
    if (!isObject(part)) return Effect.succeed(part)
    return Effect.map(
      Effect.forEach(Object.entries(part), ([key, item]) =>
        Effect.map(walk([...path, key], item, missing), (resolved) => [key, resolved] as const)
      ),
      Object.fromEntries
    )
  }
  const read = Effect.suspend(() => {
    const missing: Array<Issue> = []
    return Effect.flatMap(walk(["credentials"], value, missing), (resolved) =>
      missing.length === 0 ? Effect.succeed(resolved) : Effect.fail(failAt(plugin, missing))
    )
  })

  const files = filesOf(value).map((file) => resolve(folder, file))
  /** Whether any of them changed; what they hold is known from then on. */
  const lookAgain = Effect.map(
    Effect.forEach(files, (file) =>
      Effect.map(Effect.option(contentOf(file)), (content) => [file, Option.getOrUndefined(content)] as const)
    ),
    (found) => {
      let isChanged = false
      for (const [file, bytes] of found) {
        note(file, bytes)
        const digest = digestOf(bytes)
        if (known.get(file) === digest) continue
        known.set(file, digest)
        isChanged = true
      }
      return isChanged
    }
  )
  const changed = Effect.gen(function* () {
    while (!(yield* lookAgain)) yield* Effect.sleep(lookEvery)
  })
  return { read, changed: files.length === 0 ? Effect.never : changed }
}

const filesOf = (value: unknown): ReadonlyArray<string> => {
  const reference = referenceOf(value)
  if (reference !== undefined) return reference.kind === "file" ? [reference.target] : []
  if (Array.isArray(value)) return value.flatMap(filesOf)
  return isObject(value) ? Object.values(value).flatMap(filesOf) : []
}

/** What cannot be read has a digest of its own: its coming back is a change. */
const digestOf = (bytes: Buffer | undefined): string =>
  bytes === undefined ? "" : createHash("sha256").update(bytes).digest("hex")
