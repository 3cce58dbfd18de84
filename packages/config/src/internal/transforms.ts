/** A route's `transforms` made into changes. */
import type { Event } from "@millrace/core/Event"
import type { PluginError } from "@millrace/core/Plugin"
import { type Changed, filtered, matches, type Route, refused } from "@millrace/core/Route"
import * as Transform from "@millrace/core/Transform"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { SecretReference } from "../Secrets.ts"
import * as Expression from "./expression.ts"
import type { TransformUse } from "./TransformUse.ts"

type Change = (event: Event) => Changed

export interface Compiled {
  readonly changes: Pick<Route, "intake" | "changes">
  /** Reads the keys of hashes; to be run before the first event. */
  readonly ready: Effect.Effect<void, PluginError>
}

/** A step that is no good: where in the list, and why. */
export interface Fault {
  readonly path: ReadonlyArray<string>
  readonly detail: string
}

interface Surroundings {
  /** The first of these patterns that matches no type of the route's sources. */
  readonly unmatched: (patterns: ReadonlyArray<string>) => string | undefined
  /** A pattern as the catalogues of the route's sources spell it. */
  readonly spelled: (pattern: string) => string
  /** The pattern that was probably meant by one that matches nothing. */
  readonly meant: (pattern: string) => string | undefined
  /** Fields of a type that the catalogues of the route's sources mark as personal; `undefined` when they mark none. */
  readonly personal: ((type: string) => ReadonlySet<string>) | undefined
  /** `path`: where the reference stands in the list. */
  readonly readKey: (
    reference: SecretReference,
    path: ReadonlyArray<string>
  ) => Effect.Effect<Redacted.Redacted<string>, PluginError>
}

type FieldsOf = (
  fields: ReadonlyArray<string> | "personal",
  path: ReadonlyArray<string>
) => Result.Result<Transform.Fields, Fault>

export const compile = (
  steps: ReadonlyArray<TransformUse>,
  { unmatched, spelled, meant, personal, readKey }: Surroundings
): Result.Result<Compiled, Fault> => {
  const intake: Array<Change> = []
  const changes: Array<Change> = []
  const ready: Array<Effect.Effect<void, PluginError>> = []
  const fieldsOf: FieldsOf = (fields, path) => {
    if (fields !== "personal") return Result.succeed(fields)
    return personal === undefined
      ? Result.fail({
          path,
          detail: "the catalogue of the route's source marks no field as personal; name the fields"
        })
      : Result.succeed(personal)
  }
  /** The key is read later than the step is made. */
  const hashing = ({ fields, key: reference }: NonNullable<TransformUse["hash"]>, index: string) => {
    let key: Redacted.Redacted<string> | undefined
    ready.push(
      Effect.map(readKey(reference, [index, "hash", "key"]), (read) => {
        key = read
      })
    )
    const keyOf = () => {
      if (key === undefined) throw new Error("the key of a hash is asked for before the destination is open")
      return key
    }
    return Result.map(fieldsOf(fields, ["hash", "fields"]), (names) => Transform.hash(names, keyOf))
  }
  for (const [index, step] of steps.entries()) {
    const isIntake = step.at === "intake"
    if (isIntake && changes.length > 0) {
      const detail = "a step at the intake comes before all that are made on the way out; move it up"
      return Result.fail({ path: [String(index), "at"], detail })
    }
    const stranger = unmatched(step.types ?? [])
    if (stranger !== undefined) {
      const close = meant(stranger)
      const detail = `no event is called ${stranger}${close === undefined ? "" : `; did you mean ${close}?`}`
      return Result.fail({ path: [String(index), "types"], detail })
    }
    const made = step.hash === undefined ? action(step, fieldsOf) : hashing(step.hash, String(index))
    if (Result.isFailure(made)) {
      return Result.fail({ ...made.failure, path: [String(index), ...made.failure.path] })
    }
    ;(isIntake ? intake : changes).push(onlyFor(step.types?.map(spelled), made.success))
  }
  return Result.succeed({
    changes: { intake, changes },
    ready: Effect.forEach(ready, (one) => one, { discard: true })
  })
}

const onlyFor = (types: ReadonlyArray<string> | undefined, change: Change): Change => {
  if (types === undefined) return change
  return (event) => (types.some((pattern) => matches(pattern, event.type)) ? change(event) : event)
}

const action = (
  { select, sample, rename, drop, set, redact }: TransformUse,
  fieldsOf: FieldsOf
): Result.Result<Change, Fault> => {
  if (select !== undefined)
    return Result.mapError(selecting(select), (detail) => ({ path: ["select"], detail }))
  if (set !== undefined) return setting(set)
  if (redact !== undefined) return Result.map(fieldsOf(redact, ["redact"]), Transform.redact)
  if (sample !== undefined) return Result.succeed(Transform.sample(sample))
  if (rename !== undefined) return Result.succeed(Transform.rename(rename))
  return Result.succeed(Transform.drop(...(drop ?? [])))
}

const selecting = (text: string): Result.Result<Change, string> =>
  Result.map(Expression.compile(text, "bool"), (evaluate) => (event) => {
    const verdict = evaluate(event)
    if (Result.isFailure(verdict)) return verdict.failure
    if (typeof verdict.success !== "boolean")
      return refused("expression-failed", "the expression is neither true nor false")
    return verdict.success ? event : filtered("not-matched")
  })

const setting = (values: NonNullable<TransformUse["set"]>): Result.Result<Change, Fault> => {
  const makers: Array<readonly [field: string, value: Expression.Expression]> = []
  for (const [field, value] of Object.entries(values)) {
    const text = expressionOf(value)
    if (text === undefined) {
      makers.push([field, () => Result.succeed(value)])
      continue
    }
    const compiled = Expression.compile(text)
    if (Result.isFailure(compiled))
      return Result.fail({ path: ["set", field, "expression"], detail: compiled.failure })
    makers.push([field, compiled.success])
  }
  return Result.succeed((event) => {
    // Without a prototype, a field named `__proto__` is a field like any other.
    const made: Record<string, unknown> = Object.create(null)
    for (const [field, make] of makers) {
      const value = make(event)
      if (Result.isFailure(value)) return value.failure
      made[field] = value.success
    }
    return Transform.set(made)(event)
  })
}

const expressionOf = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null && "expression" in value && typeof value.expression === "string"
    ? value.expression
    : undefined
