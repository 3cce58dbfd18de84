import { table } from "../generated/table.ts"

interface Checks {
  /** Position in `letters`, by field. */
  readonly kinds: ReadonlyMap<string, number>
  readonly personal: ReadonlySet<string>
}

const letters = ["", "n", "b", "o", "a", "an", "ab"]
const expected = [
  "a string",
  "a number",
  "a boolean",
  "an object",
  "an array of strings",
  "an array of numbers",
  "an array of booleans"
]
const scalars = ["string", "number", "boolean"]

/** Made once for each type, on first use. */
const made = new Map<string, Checks>()

const checks = (type: string): Checks | undefined => {
  const found = made.get(type)
  if (found !== undefined) return found
  const row = Object.hasOwn(table, type) ? table[type] : undefined
  if (row === undefined) return undefined
  const fields = row
    .split(" ")
    .filter((field) => field !== "")
    .map((field) => field.replace("*", "").split(":"))
  const checks = {
    kinds: new Map(fields.map(([name, letter]) => [name!, letters.indexOf(letter ?? "")])),
    personal: new Set([...row.matchAll(/(\w+)(?::\w+)?\*/g)].map((match) => match[1]!))
  }
  made.set(type, checks)
  return checks
}

const fits = (kind: number, value: unknown): boolean => {
  switch (kind) {
    case 0:
      return typeof value === "string"
    case 1:
      return typeof value === "number"
    case 2:
      return typeof value === "boolean"
    case 3:
      return typeof value === "object" && !Array.isArray(value)
    default:
      return Array.isArray(value) && holds(scalars[kind - 4], value)
  }
}

// Apart from `fits`, where a function that closes over the kind would be made for each field of each event.
const holds = (type: string | undefined, list: ReadonlyArray<unknown>): boolean =>
  list.every((item) => item === null || typeof item === type)

type Values = { readonly [field: string]: unknown }

// Walking the event's own fields, not the table's, is the faster way round: an event has few of its type's fields,
// and events of one type come in a great many shapes.
export const valid = (type: string, properties: object): boolean => {
  const { kinds } = checks(type) ?? none
  const values = properties as Values
  for (const name in values) {
    const value = values[name]
    if (value === undefined || value === null) continue
    const kind = kinds.get(name)
    if (kind !== undefined && !fits(kind, value)) return false
  }
  return true
}

export const explain = (type: string, properties: object): string | undefined => {
  const { kinds } = checks(type) ?? none
  const faults = Object.entries(properties).flatMap(([name, value]) => {
    const kind = kinds.get(name)
    const fine = kind === undefined || value === undefined || value === null || fits(kind, value)
    return fine ? [] : [`${name}: expected ${expected[kind]}`]
  })
  return faults.length === 0 ? undefined : faults.join("; ")
}

export const personal = (type: string): ReadonlySet<string> => (checks(type) ?? none).personal

const none: Checks = { kinds: new Map(), personal: new Set() }
