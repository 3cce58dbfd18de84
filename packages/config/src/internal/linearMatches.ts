/**
 * `matches` in linear time, as the CEL specification asks for: RE2's syntax and its guarantee, in place of JavaScript's
 * expressions, some of which run for ever on a user's text.
 */
import type { Environment, ParseResult } from "@marcbachmann/cel-js"
import { RE2JS } from "re2js"

/** What `matches` becomes in a parsed expression. An author who writes it gets the same function. */
const linear = "matchesInLinearTime"

/** Patterns remembered, of those that an expression makes from an event. */
const most = 100

export const register = (environment: Environment): Environment => {
  const patterns = new Map<string, RE2JS>()
  const patternOf = (text: string): RE2JS => {
    const known = patterns.get(text)
    if (known !== undefined) return known
    if (patterns.size >= most) patterns.clear()
    const pattern = RE2JS.compile(text)
    patterns.set(text, pattern)
    return pattern
  }
  return environment.registerFunction(`string.${linear}(string): bool`, (text: string, pattern: string) =>
    patternOf(pattern).matcher(text).find()
  )
}

interface Node {
  readonly op: string
  readonly args: unknown
}

const isNode = (value: object): value is Node =>
  "op" in value && typeof value.op === "string" && "args" in value

/** Lets a parsed expression call it. Tells what is wrong with a pattern that stands in the expression. */
export const use = ({ ast }: ParseResult): string | undefined => {
  const seen = new Set<object>()
  let fault: string | undefined
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return
    seen.add(value)
    if (isNode(value) && value.op === "rcall" && Array.isArray(value.args) && value.args[0] === "matches") {
      value.args[0] = linear
      fault ??= faultOf(value.args[2])
    }
    for (const part of Object.values(value)) visit(part)
    // What a macro such as `all` was made into.
    if ("meta" in value) visit(value.meta)
  }
  visit(ast)
  return fault
}

const faultOf = (given: unknown): string | undefined => {
  const [pattern]: ReadonlyArray<unknown> = Array.isArray(given) ? given : []
  if (typeof pattern !== "object" || pattern === null || !isNode(pattern)) return undefined
  if (pattern.op !== "value" || typeof pattern.args !== "string") return undefined
  try {
    RE2JS.compile(pattern.args)
    return undefined
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : "it cannot be read"
    return `has a pattern that RE2 does not know (${what}); it has no look-around and no back-references`
  }
}
