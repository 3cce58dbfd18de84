import * as Transport from "@millrace/http/Transport"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"

/** What Mixpanel's answers hold, as far as it is used. */
export interface Reply {
  readonly code: unknown
  readonly imported: unknown
  readonly failed: unknown
}

/** An answer that cannot be read holds nothing. */
export const read = (answer: Transport.Response): Reply => {
  const value = Result.getOrUndefined(Transport.json(answer))
  const reply: { readonly [name: string]: unknown } = isObject(value) ? value : {}
  return { code: reply["code"], imported: reply["num_records_imported"], failed: reply["failed_records"] }
}

/**
 * The faults of each event that is named, by its position; `undefined` when the answer does not add up, so that no event
 * counts as taken for its sake.
 */
export const failures = (
  { failed, imported }: Reply,
  ids: ReadonlyArray<string>
): ReadonlyMap<number, ReadonlyArray<string>> | undefined => {
  const byPosition = new Map<number, Array<string>>()
  for (const record of Array.isArray(failed) ? failed : []) {
    if (!isObject(record)) return undefined
    const { index, field, message } = record
    const id = record["insert_id"] ?? record["$insert_id"]
    const sent = typeof index === "number" ? ids[index] : undefined
    // The position and the id must mean the same event, where both are told.
    if (typeof index !== "number" || sent === undefined || (id !== undefined && id !== sent)) return undefined
    const faults = byPosition.get(index) ?? []
    byPosition.set(index, [...faults, [field, message].filter((text) => typeof text === "string").join(": ")])
  }
  const isWhole = imported === undefined || imported === ids.length - byPosition.size
  return byPosition.size > 0 && isWhole ? byPosition : undefined
}
