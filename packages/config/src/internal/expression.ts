/**
 * Expressions over an event, in the Common Expression Language: no loops without end, no clock, no chance, no access to
 * anything but the event.
 */
import { Environment, EvaluationError, type ParseResult } from "@marcbachmann/cel-js"
import type { Event } from "@millrace/core/Event"
import { type Changed, refused } from "@millrace/core/Route"
import * as Result from "effect/Result"
import * as LinearMatches from "./linearMatches.ts"

const environment = LinearMatches.register(
  new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
).registerVariable({
  name: "event",
  schema: {
    id: "string",
    type: "string",
    time: "double",
    user: { sourceId: "string", externalId: "string", deviceId: "string", timezone: "string" },
    properties: "map"
  }
})

/** An expression's value of an event, or why there is none. Pure. */
export type Expression = (event: Event) => Result.Result<unknown, Changed>

/** `yields`: the only type that the expression may have, as far as it can be told beforehand. */
export const compile = (text: string, yields?: "bool"): Result.Result<Expression, string> => {
  const checked = environment.check(text)
  if (!checked.valid) return Result.fail(`is no expression: ${checked.error?.summary ?? "it cannot be read"}`)
  if (yields !== undefined && checked.type !== yields && checked.type !== "dyn")
    return Result.fail(`must be true or false, but is of type ${checked.type}`)
  const evaluate = environment.parse(text)
  const fault = LinearMatches.use(evaluate)
  if (fault !== undefined) return Result.fail(fault)
  return Result.succeed((event) => attempt(evaluate, event))
}

const attempt = (evaluate: ParseResult, event: Event): Result.Result<unknown, Changed> => {
  try {
    return Result.succeed(plain(evaluate({ event })))
  } catch (cause) {
    return Result.fail(refused("expression-failed", detailOf(cause)))
  }
}

/** Its own messages may quote the event: only its codes, and names that stand in the expression, are told. */
const detailOf = (cause: unknown): string => {
  if (!(cause instanceof EvaluationError)) return "the expression could not be evaluated"
  const { code, node } = cause
  if (code !== "no_such_key")
    return `the expression could not be evaluated: ${String(code).replaceAll("_", " ")}`
  const name = node?.op === "." && Array.isArray(node.args) ? node.args[1] : undefined
  return typeof name === "string"
    ? `the expression needs ${name}, which the event lacks; write .?${name}.orValue(...), or ask has(...) first`
    : "the expression needs a key that the event lacks; write [?key].orValue(...)"
}

/** A value as JSON knows it: whole numbers as numbers, times as ISO text, an empty optional as nothing. */
const plain = (value: unknown): unknown => {
  if (typeof value === "bigint") return exact(value)
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Date) return value.toISOString()
  if (Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]))
  if (isOptional(value)) return value.hasValue() ? plain(value.value()) : undefined
  throw new Error("a value that JSON does not know")
}

/** A whole number that a double does not keep would be another one. */
const exact = (value: bigint): number => {
  if (String(Number(value)) !== String(value)) throw new Error("a number that is not exact")
  return Number(value)
}

const isOptional = (
  value: object
): value is { readonly hasValue: () => boolean; readonly value: () => unknown } =>
  "hasValue" in value && typeof value.hasValue === "function" && "value" in value
