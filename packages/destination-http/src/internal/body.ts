/** The body of one event: the event itself, or a JSON value whose texts have places for its fields. */
import type { Event } from "@millrace/core/Event"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Template from "./template.ts"

/** `undefined` where a place is all there is and the event has nothing for it: JSON leaves it out, a list has null. */
export type Build = (event: Event) => unknown

export interface Problem {
  readonly path: ReadonlyArray<string>
  readonly issue: string
}

export const compile = (
  value: Schema.Json,
  path: ReadonlyArray<string> = []
): Result.Result<Build, Problem> => {
  if (typeof value === "string") return compileText(value, path)
  if (typeof value !== "object" || value === null) return Result.succeed(() => value)
  const isList = Array.isArray(value)
  const members: Array<readonly [string, Build]> = []
  for (const [name, part] of Object.entries(value)) {
    const inner = [...path, name]
    if (name.includes("{{"))
      return Result.fail({ path: inner, issue: "expected fields in values, not in names" })
    const built = compile(part, inner)
    if (Result.isFailure(built)) return built
    members.push([name, built.success])
  }
  return Result.succeed(
    isList
      ? (event) => members.map(([, build]) => build(event))
      : (event) => Object.fromEntries(members.map(([name, build]) => [name, build(event)]))
  )
}

const compileText = (text: string, path: ReadonlyArray<string>): Result.Result<Build, Problem> => {
  const template = Template.parse(text)
  if (Result.isFailure(template)) return Result.fail({ path, issue: template.failure })
  const parts = template.success
  const field = Template.onlyField(parts)
  if (field !== undefined) return Result.succeed(field.read)
  const isFixed = Template.fieldsOf(parts).length === 0
  return Result.succeed((event) => (isFixed ? text : Template.fill(parts, event)))
}
