import * as Option from "effect/Option"
import type { Entry } from "../Capture.ts"
import { keyOf } from "./accounts.ts"
import { type BatchFacts, batchFacts } from "./batchFacts.ts"
import { elementSpans, wholeSpan } from "./batchSpans.ts"
import { parseJson } from "./parseJson.ts"
import type { Handled } from "./tally.ts"

const batchesOf = (entry: Entry): ReadonlyArray<BatchFacts> => {
  const parsed = parseJson(entry.body)
  if (Option.isNone(parsed)) return []
  const body = Buffer.from(entry.body)
  const values: unknown = parsed.value
  if (!Array.isArray(values)) return [batchFacts(values, body, wholeSpan(body))]
  const spans = elementSpans(body)
  return values.flatMap((value, index) => {
    const span = spans[index]
    return span === undefined || entry.dropped?.includes(index) ? [] : [batchFacts(value, body, span)]
  })
}

/** What a captured request means for the counts and for the memory of ids. */
export const replay = (entry: Entry): Handled => {
  const authorization = entry.headers["authorization"]
  return {
    feed: entry.feed,
    key: typeof authorization === "string" ? keyOf(authorization) : undefined,
    status: entry.status,
    failure: entry.failure,
    batches: entry.status === 202 ? batchesOf(entry) : [],
    dropped: entry.dropped?.length ?? 0
  }
}
