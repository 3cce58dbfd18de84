/** Texts with places for fields of an event, such as `Order {{ event.properties.total }}`. No logic. */
import type { Event } from "@millrace/core/Event"
import { redacted } from "@millrace/core/Transform"
import * as Result from "effect/Result"
import { serialize } from "./serialize.ts"

export interface Field {
  /** As it is written between the braces. */
  readonly name: string
  /** Its value with its type; `undefined` when the event has none. */
  readonly read: (event: Event) => unknown
}

export type Template = ReadonlyArray<string | Field>

/** Fails with what is wrong, for whoever wrote the text. */
export const parse = (text: string): Result.Result<Template, string> => {
  const parts: Array<string | Field> = []
  let at = 0
  for (const match of text.matchAll(/\{\{(.*?)\}\}/gs)) {
    const field = parseField(match[1]!.trim())
    if (Result.isFailure(field)) return Result.fail(field.failure)
    if (match.index > at) parts.push(text.slice(at, match.index))
    parts.push(field.success)
    at = match.index + match[0].length
  }
  if (at < text.length) parts.push(text.slice(at))
  return parts.some((part) => typeof part === "string" && part.includes("{{"))
    ? Result.fail("expected }} after each {{")
    : Result.succeed(parts)
}

export const fieldsOf = (template: Template): ReadonlyArray<Field> =>
  template.filter((part) => typeof part !== "string")

/** The field, when the text is nothing but its place. */
export const onlyField = (template: Template): Field | undefined => {
  const [part] = template
  return template.length === 1 && typeof part === "object" ? part : undefined
}

export const isMissing = (value: unknown): value is undefined | null => value === undefined || value === null

/** A value within other text: nothing for one that is missing, JSON for a list or an object. */
export const textOf = (value: unknown): string => {
  if (isMissing(value)) return ""
  return typeof value === "object" ? (serialize(value) ?? "") : String(value)
}

export const fill = (template: Template, event: Event): string =>
  template.map((part) => (typeof part === "string" ? part : textOf(part.read(event)))).join("")

const parseField = (name: string): Result.Result<Field, string> => {
  const [root, ...path] = name.split(".")
  if (root !== "event" || path.includes("") || !isKnown(path)) {
    return Result.fail(
      `{{ ${name} }}: expected event, event.id, event.type, event.time, event.time.iso, event.time.seconds, event.user, one of its ids, or event.properties and a path below it`
    )
  }
  const form = path[0] === "time" && path[1] !== undefined ? timeForms.get(path[1]) : undefined
  const find =
    form === undefined ? (event: Event) => path.reduce(member, event) : ({ time }: Event) => form(time)
  return Result.succeed({
    name,
    read: (event) => {
      const value = find(event)
      return value === redacted ? undefined : value
    }
  })
}

const isKnown = ([first, ...rest]: ReadonlyArray<string>): boolean => {
  switch (first) {
    case undefined:
    case "properties":
      return true
    case "id":
    case "type":
      return rest.length === 0
    case "time":
      return rest.length === 0 || (rest.length === 1 && timeForms.has(rest[0]!))
    case "user":
      return rest.length === 0 || (rest.length === 1 && userFields.has(rest[0]!))
    default:
      return false
  }
}

const userFields = new Set(["sourceId", "externalId", "deviceId", "timezone"])

/** The latest time that a date can hold, in milliseconds. */
const latest = 8.64e15

const timeForms: ReadonlyMap<string, (time: number) => unknown> = new Map<string, (time: number) => unknown>([
  ["iso", (time) => (Math.abs(time) <= latest ? new Date(time).toISOString() : undefined)],
  ["seconds", (time) => Math.floor(time / 1000)]
])

/** Own members alone: `constructor` is a field like any other. */
const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
