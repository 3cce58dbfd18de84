import { isObject } from "@millrace/events-braze/Values"

/** What Mixpanel's answers hold, as far as it is used. */
export interface Reply {
  readonly code: unknown
  readonly imported: unknown
  readonly failed: unknown
}

export const read = (body: string): Reply => {
  const reply = parse(body)
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

const parse = (text: string): { readonly [name: string]: unknown } => {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
