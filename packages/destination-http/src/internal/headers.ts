/** Header fields as RFC 9110 has them, and those of a message. */
import type { Event } from "@millrace/core/Event"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import * as Result from "effect/Result"
import * as Template from "./template.ts"

export type Headers = Readonly<Record<string, string>>

/** What HTTP itself needs, set by whoever sends. */
const owned = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

/** What is wrong with a header's name, if anything. */
export const nameProblem = (name: string): string | undefined => {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return "expected the name of a header"
  return owned.has(name.toLowerCase()) ? "expected another header: this one is set by HTTP itself" : undefined
}

/** Visible ASCII, spaces and tabs: what every server reads alike, and no line break among it. */
export const isSendable = (value: string): boolean => /^[\t\x20-\x7e]*$/.test(value)

/** The names that stand twice, whatever their case. */
export const repeated = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lower = names.map((name) => name.toLowerCase())
  return names.filter((_, at) => lower.indexOf(lower[at]!) !== at)
}

/** Headers from templates. One that is only a field is left out when the event has none. */
export const headersOf = (
  templates: ReadonlyArray<readonly [string, Template.Template]>,
  event: Event
): Result.Result<Headers, Rejected> => {
  const headers: Record<string, string> = {}
  for (const [name, template] of templates) {
    const field = Template.onlyField(template)
    if (field !== undefined && Template.isMissing(field.read(event))) continue
    const value = Template.fill(template, event)
    if (!isSendable(value)) {
      return Result.fail(rejected("bad-header", `the header ${name} would hold characters other than ASCII`))
    }
    headers[name] = value
  }
  return Result.succeed(headers)
}
