/** Fields of an event by name, as `Transform` describes them. Nothing is changed in place. */
import { isObject } from "effect/Predicate"
import type { Event } from "../Event.ts"

/** `absent` as a new value leaves the field out. */
const absent = Symbol("absent")

type Change = (value: unknown) => unknown

const within = (value: unknown, path: ReadonlyArray<string>, change: Change): unknown => {
  if (path.length === 0) return change(value)
  if (Array.isArray(value)) return value.map((item) => within(item, path, change))
  if (!isObject(value)) return value
  // A name may hold dots itself.
  const whole = path.join(".")
  const [name, rest] = Object.hasOwn(value, whole) ? [whole, []] : [path[0]!, path.slice(1)]
  if (!Object.hasOwn(value, name)) return value
  const next = within(value[name], rest, change)
  if (next === value[name]) return value
  if (next !== absent) return { ...value, [name]: next }
  const { [name]: _, ...others } = value
  return others
}

const placeOf = (field: string): readonly [place: "user" | "properties", path: ReadonlyArray<string>] => {
  const [first = "", ...rest] = field.split(".")
  return (first === "user" || first === "properties") && rest.length > 0
    ? [first, rest]
    : ["properties", [first, ...rest]]
}

/** The event with what `change` makes of a field that is there; a list is gone through item by item below it. */
export const withField = <E extends Event>(event: E, field: string, change: Change): E => {
  const [place, path] = placeOf(field)
  const value = within(event[place], path, change)
  return value === event[place] ? event : { ...event, [place]: value }
}

/** The event without a field. */
export const withoutField = <E extends Event>(event: E, field: string): E =>
  withField(event, field, () => absent)

/** The event with a field set, whether it was there or not; objects are made on the way to it. */
export const putField = <E extends Event>(event: E, field: string, value: unknown): E => {
  const [place, path] = placeOf(field)
  return { ...event, [place]: put(event[place], path, value) }
}

const put = (value: unknown, [name, ...rest]: ReadonlyArray<string>, given: unknown): unknown =>
  name === undefined
    ? given
    : {
        ...(isObject(value) ? value : {}),
        [name]: put(isObject(value) ? value[name] : undefined, rest, given)
      }
