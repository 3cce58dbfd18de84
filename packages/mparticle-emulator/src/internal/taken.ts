import { isObject } from "effect/Predicate"

/** Characters of a name; "Default Service Limits": longer ones are cut. */
const nameLimit = 256

/** A batch as the service reads it. */
export interface Taken {
  readonly batch: unknown
  /** Whether a name was longer than its limit. */
  readonly isCut: boolean
}

/**
 * What mParticle's own SDKs send beside its reference is taken, too: `customerid` for `customer_id`, a `schema_version`, no
 * `environment`. Names are cut.
 */
export const taken = (batch: unknown): Taken => {
  if (!isObject(batch)) return { batch, isCut: false }
  const { schema_version: _, ...rest } = batch
  const { user_identities, events } = rest
  const read: { [name: string]: unknown } = { environment: "production", ...rest }
  if (isObject(user_identities) && "customerid" in user_identities) {
    const { customerid, ...others } = user_identities
    read["user_identities"] = { customer_id: customerid, ...others }
  }
  if (!Array.isArray(events)) return { batch: read, isCut: false }
  const shortened = events.map(shorten)
  const isCut = shortened.some((event, index) => event !== events[index])
  if (isCut) read["events"] = shortened
  return { batch: read, isCut }
}

/** The same event when none of its names is too long. */
const shorten = (event: unknown): unknown => {
  if (!isObject(event) || !isObject(event["data"])) return event
  const { data } = event
  const changed: { [name: string]: unknown } = {}
  for (const name of ["event_name", "screen_name"]) {
    const text = data[name]
    if (typeof text === "string" && text.length > nameLimit) changed[name] = text.slice(0, nameLimit)
  }
  const { custom_attributes } = data
  if (isObject(custom_attributes) && Object.keys(custom_attributes).some(isLong)) {
    changed["custom_attributes"] = Object.fromEntries(
      Object.entries(custom_attributes).map(([name, value]) => [name.slice(0, nameLimit), value])
    )
  }
  return Object.keys(changed).length === 0 ? event : { ...event, data: { ...data, ...changed } }
}

const isLong = (name: string): boolean => name.length > nameLimit
