/**
 * Functions that do nothing but wrap `Effect.gen`: `(a) => Effect.gen(function* () {...})`, with or without
 * `Effect.scoped` around it or `.pipe` behind it.
 */

const wrapper =
  /(?:=>\s*(?:\{\s*return\s+)?|\bfunction\b[^{}]*\{\s*return\s+)(?:Effect\.scoped\(\s*)?Effect\.gen\(/g

/**
 * The beginning of a test, as far as its body: `it.effect("title", (context) `. A test's body may be `Effect.gen`: it has no
 * name, and no arguments worth one.
 */
const test =
  /(?:\bit(?:\.\w+)*|\)|\])\(\s*(?:"(?:[^"\\]|\\.)*"|`[^`]*`|\w+)\s*,\s*(?:\{[^{}]*\},\s*)?\([^()]*\)\s*$/

const comment = /^\s*(?:\/?\*|\/\/)/

/** The lines, from 1, on which such functions begin. */
export const wrappers = (text: string): ReadonlyArray<number> =>
  [...text.matchAll(wrapper)]
    .filter(({ 0: found, index }) => !(found.startsWith("=>") && test.test(text.slice(0, index))))
    .map(({ index }) => text.slice(0, index).split("\n").length)
    .filter((line) => !comment.test(text.split("\n")[line - 1]!))
