import { isObject } from "effect/Predicate"

/** The units that a schema gives to an event's time: Currents itself writes seconds, without a word. */

/** How many of a logical type's units make a millisecond. */
const units: ReadonlyMap<unknown, number> = new Map([
  ["timestamp-millis", 1],
  ["timestamp-micros", 1000],
  ["timestamp-nanos", 1_000_000],
  ["local-timestamp-millis", 1],
  ["local-timestamp-micros", 1000],
  ["local-timestamp-nanos", 1_000_000],
  ["date", 1 / 86_400_000]
])

const branchesOf = (type: unknown): ReadonlyArray<unknown> => (Array.isArray(type) ? type : [type])

const unitOf = (type: unknown): number | undefined => {
  const found = branchesOf(type).flatMap((branch) =>
    isObject(branch) && units.has(branch["logicalType"]) ? [units.get(branch["logicalType"])!] : []
  )
  return found[0]
}

/** The unit of each field of a record's schema that has one. */
export const ofFields = (schema: unknown): ReadonlyMap<string, number> => {
  const fields = isObject(schema) && Array.isArray(schema["fields"]) ? schema["fields"] : []
  return new Map(
    fields.filter(isObject).flatMap(({ name, type }) => {
      const unit = unitOf(type)
      return typeof name === "string" && unit !== undefined ? [[name, unit]] : []
    })
  )
}

/** What makes seconds of `time` and milliseconds of `time_ms`, where the schema says what they are. */
export const conversion = (
  field: string,
  unit: number | undefined
): ((value: unknown) => unknown) | undefined => {
  if (unit === undefined || (field !== "time" && field !== "time_ms")) return undefined
  const perMillisecond = (value: number) => Math.round(value / unit)
  const perSecond = field === "time" ? 1000 : 1
  return (value) =>
    typeof value === "number" || typeof value === "bigint" ? perMillisecond(Number(value)) / perSecond : value
}
