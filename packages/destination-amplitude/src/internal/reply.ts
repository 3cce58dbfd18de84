import type { Batch } from "@millrace/core/Message"
import * as Transport from "@millrace/http/Transport"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"

/** What Amplitude's answers hold, as far as it is used; anything of another form is absent. */
export interface Reply {
  readonly code: unknown
  readonly error: string
  readonly missingField: unknown
  /** By field, the positions of events that lack it, or have it wrong. */
  readonly faults: ReadonlyArray<readonly [field: string, positions: ReadonlyArray<number>]>
  readonly silenced: ReadonlyArray<number>
  readonly quotaUsers: ReadonlySet<string>
  readonly quotaDevices: ReadonlySet<string>
}

/** An answer that cannot be read holds nothing. */
export const read = (answer: Transport.Response): Reply => {
  const reply = objectOf(Result.getOrUndefined(Transport.json(answer)))
  const error = reply["error"]
  return {
    code: reply["code"],
    error: typeof error === "string" ? error : "refused",
    missingField: reply["missing_field"],
    faults: [
      "events_with_invalid_fields",
      "events_with_missing_fields",
      "events_with_invalid_id_lengths"
    ].flatMap((name) =>
      Object.entries(objectOf(reply[name])).map(
        ([field, positions]) => [field, numbersOf(positions)] as const
      )
    ),
    silenced: numbersOf(reply["silenced_events"]),
    quotaUsers: new Set(Object.keys(objectOf(reply["exceeded_daily_quota_users"]))),
    quotaDevices: new Set(Object.keys(objectOf(reply["exceeded_daily_quota_devices"])))
  }
}

/** The faults of each event that is named. */
export const named = ({ faults }: Reply): ReadonlyMap<number, ReadonlyArray<string>> => {
  const byPosition = new Map<number, Array<string>>()
  for (const [field, positions] of faults) {
    for (const position of positions) {
      const fields = byPosition.get(position)
      if (fields === undefined) byPosition.set(position, [field])
      else fields.push(field)
    }
  }
  return byPosition
}

/** Positions of the events whose user or device is over its quota, which Amplitude names by their ids alone. */
export const overQuota = ({ quotaDevices, quotaUsers }: Reply, batch: Batch): ReadonlyArray<number> => {
  if (quotaUsers.size === 0 && quotaDevices.size === 0) return []
  const decoder = new TextDecoder()
  return batch.messages.flatMap(({ start, end }, position) => {
    const { device_id, user_id } = objectOf(JSON.parse(decoder.decode(batch.body.subarray(start, end))))
    const isOver = quotaUsers.has(String(user_id)) || quotaDevices.has(String(device_id))
    return isOver ? [position] : []
  })
}

const objectOf = (value: unknown): { readonly [name: string]: unknown } => (isObject(value) ? value : {})

const numbersOf = (value: unknown): ReadonlyArray<number> =>
  Array.isArray(value) ? value.filter((item) => typeof item === "number") : []
