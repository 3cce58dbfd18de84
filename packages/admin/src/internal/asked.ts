/** What a request asks for, of its query or its body. Pure. */
import type { Filter } from "@millrace/core/DeadLetters"
import type { LaneKey } from "@millrace/core/Outbox"
import * as Result from "effect/Result"

export type Given = Readonly<Record<string, unknown>>

/** The parts of a filter by the names of the command's flags. */
const texts = {
  route: "route",
  lane: "lane",
  reason: "reason",
  type: "type",
  event: "eventId",
  user: "user"
} as const
const times = ["from", "to"] as const

const known = new Set<string>([...Object.keys(texts), ...times, "ids", "all", "after", "limit"])

/** Characters of a part. */
const longest = 1000

/** Ids that are named in one request. */
const mostIds = 1000

const isText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.length <= longest

const timeOf = (value: unknown): number =>
  typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : Number.NaN

export const filterOf = (given: Given): Result.Result<Filter, string> => {
  const filter: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!known.has(name)) return Result.fail("there is a part that no filter has")
    if (name in texts) {
      if (!isText(value)) return Result.fail(`${name} is to be a text of 1 to ${longest} characters`)
      filter[texts[name as keyof typeof texts]] = value
    } else if (name === "from" || name === "to") {
      const time = timeOf(value)
      if (!Number.isFinite(time)) return Result.fail(`${name} is to be a time, such as 2026-11-22T08:00:00Z`)
      filter[name] = time
    } else if (name === "ids") {
      if (!Array.isArray(value) || value.length > mostIds || !value.every((id) => Number.isSafeInteger(id)))
        return Result.fail(`ids is to be a list of at most ${mostIds} numbers`)
      filter[name] = value
    }
  }
  return Result.succeed(filter)
}

export const isEmpty = (filter: Filter): boolean => Object.keys(filter).length === 0

export const laneOf = ({ route, lane }: Given): Result.Result<LaneKey, string> =>
  isText(route) && isText(lane)
    ? Result.succeed({ route, lane })
    : Result.fail("say which lane: give its route and lane")

/** A whole number within bounds, or what holds without it. */
export const numberOf = (
  given: Given,
  name: string,
  byDefault: number,
  most: number
): Result.Result<number, string> => {
  const value = given[name]
  if (value === undefined) return Result.succeed(byDefault)
  const number = Number(value)
  return Number.isSafeInteger(number) && number >= 0 && number <= most
    ? Result.succeed(number)
    : Result.fail(`${name} is to be a number from 0 to ${most}`)
}

export const parsed = (body: string): Result.Result<Given, string> => {
  const value = Result.try({ try: (): unknown => JSON.parse(body), catch: () => "the body is not JSON" })
  return Result.flatMap(value, (found) =>
    typeof found === "object" && found !== null && !Array.isArray(found)
      ? Result.succeed(found as Given)
      : Result.fail("the body is to be a JSON object")
  )
}
