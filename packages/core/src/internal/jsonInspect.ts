/** A parsed value looked at: how deep it is, and whether its numbers and texts are the written ones. */
import { budget } from "./jsonScan.ts"

const fine = 0
/** It holds a number that may be another than the one that was written. */
export const doubtful = 1
export const tooDeep = 2

export type Sight = typeof fine | typeof doubtful | typeof tooDeep

/** `depth` lists and objects stand around the value. */
export const look = (value: unknown, depth: number): Sight => {
  if (typeof value === "number") {
    return value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER ? doubtful : fine
  }
  if (typeof value !== "object" || value === null) return fine
  if (depth === budget.depth) return tooDeep
  let worst: Sight = fine
  if (Array.isArray(value)) {
    for (const item of value) {
      const sight = look(item, depth + 1)
      if (sight > worst) worst = sight
    }
    return worst
  }
  const values = value as { readonly [name: string]: unknown }
  for (const name in values) {
    const item = values[name]
    if (typeof item === "string") continue
    const sight = look(item, depth + 1)
    if (sight > worst) worst = sight
  }
  return worst
}

/** What is wrong with a number in the text of a JSON value that parses, for people. */
export const numberFault = (text: string): string | undefined => {
  let fault: string | undefined
  // Node hands on how a scalar is written, which TypeScript does not know yet.
  JSON.parse(text, (_, value: unknown, { source = "" }: { readonly source?: string } = {}) => {
    if (typeof value !== "number") return null
    if (!Number.isFinite(value)) fault ??= beyondRange
    else if (!Number.isSafeInteger(value) && /^-?\d+$/.test(source) && String(value) !== source)
      fault ??= beyondDigits
    return null
  })
  return fault
}

const beyondRange = "not exact: a number is beyond what a double holds"
const beyondDigits = "not exact: a whole number is beyond 2^53, and a double does not keep its digits"

const halfEscape = /\\u[dD][89a-fA-F]/

/** Whether the text of a JSON value may hold half of a surrogate pair. */
export const isBroken = (text: string): boolean => text.includes("\\u") && halfEscape.test(text)

/** The value with U+FFFD for each half of a surrogate pair. */
export const mended = (value: unknown): unknown => {
  if (typeof value === "string") return value.toWellFormed()
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(mended)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name.toWellFormed(), mended(item)]))
}
