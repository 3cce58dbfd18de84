import { describe, expect, it } from "vitest"
import { wrappers } from "../structure/wrappers.ts"

const gen = "Effect.gen(function* () {})"

describe("a function that only wraps Effect.gen", () => {
  it.each([
    ["an arrow", `const f = (a: A) =>\n  ${gen}`, 1],
    ["one with a pipe", `\nconst f = (a: A) => ${gen}.pipe(Effect.scoped)`, 2],
    ["one that is scoped", `const f = (a: A) =>\n  Effect.scoped(\n    ${gen}\n  )`, 1],
    ["one that returns it", `const f = (a: A) => {\n  return ${gen}\n}`, 1],
    ["a declaration", `function f(a: A): B {\n  return ${gen}\n}`, 1],
    ["a member", `return {\n  claim: (split) =>\n    ${gen}\n}`, 2],
    ["an argument", `Effect.forEach(all, (one) =>\n  ${gen}\n)`, 1]
  ])("is found: %s", (_, text, line) => {
    expect(wrappers(text)).toEqual([line])
  })

  it.each([
    ["an effect", `const whole = ${gen}`],
    ["a function that does more", `const f = (a: A) => {\n  let n = 0\n  return ${gen}\n}`],
    ["fnUntraced", "const f = Effect.fnUntraced(function* (a: A) {})"],
    ["a comment", ` * const f = () => ${gen}`],
    ["a test's body", `it.effect("keeps (all) of it", () =>\n  ${gen}\n)`],
    ["that of a live test", `it.live(\n  "keeps it",\n  () =>\n    ${gen}\n)`],
    ["that of one of many", `it.effect.each([["a", 1]] as const)("takes %s", ([name, by]) =>\n  ${gen}\n)`],
    ["that of a property", `it.effect.prop(\n  "holds",\n  { a: A, b: B },\n  ({ a, b }) =>\n    ${gen}\n)`]
  ])("is none: %s", (_, text) => {
    expect(wrappers(text)).toEqual([])
  })
})
