/** The command line. */
import { parseArgs } from "node:util"
import type { Measurement } from "./measurement.ts"
import { cost } from "./measurements/cost.ts"
import { measurements } from "./measurements.ts"
import { floor, type Subject, subjects } from "./subjects.ts"

export interface Options {
  readonly measurements: ReadonlyArray<Measurement>
  /** What `--profile` looks at. */
  readonly subjects: ReadonlyArray<Subject>
  readonly events: number | undefined
  readonly rounds: number | undefined
  /** Whether results go into the stored ones and the README. */
  readonly saves: boolean
  readonly compares: boolean
  readonly profiles: boolean
}

/** Fails with a text for the user. */
export const read = (given: ReadonlyArray<string>): Options => {
  const { values } = parseArgs({
    args: [...given],
    options: {
      events: { type: "string" },
      rounds: { type: "string" },
      only: { type: "string" },
      all: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      compare: { type: "boolean", default: false },
      profile: { type: "boolean", default: false }
    }
  })
  const names = values.only?.split(",")
  const named = subjects.filter(({ name }) => names?.includes(name))
  const known = [...measurements, ...subjects].map(({ name }) => name)
  const unknown = names?.filter((name) => !known.includes(name)) ?? []
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(", ")} to measure; there are ${known.join(", ")}`)
  if (values.save && named.length > 0)
    throw new Error("--save stores whole tables: name cost, not single subjects")
  const someSubjects = subjects.filter((subject) => subject === floor || named.includes(subject))
  const chosen =
    names === undefined
      ? measurements.filter(({ isLong }) => values.all || !isLong)
      : [
          ...(named.length > 0 ? [cost(someSubjects)] : []),
          ...measurements.filter(({ name }) => names.includes(name))
        ]
  return {
    measurements: chosen,
    subjects: named.length > 0 ? named : subjects,
    events: wholeNumber("events", values.events),
    rounds: wholeNumber("rounds", values.rounds),
    saves: values.save || (names === undefined && !values.compare),
    compares: values.compare,
    profiles: values.profile
  }
}

const wholeNumber = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new Error(`--${name} must be a whole number above 0`)
}
