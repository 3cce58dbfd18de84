/**
 * The `Retry-After` header (RFC 9110, section 10.2.3).
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"

/**
 * The wait that a remote asks for: seconds, also with a fraction, or an HTTP date, at most a day, at least nothing. Of
 * several values, as a proxy may add its own, the longest holds. `undefined` for a header that is absent or junk.
 *
 * @since 1.0.0
 * @category conversions
 */
export const parse = (value: string | undefined, nowMillis: number): Duration.Duration | undefined => {
  const waits = (value?.trim() ?? "").split(between).flatMap((text) => waitOf(text.trim(), nowMillis) ?? [])
  return waits.length === 0
    ? undefined
    : Duration.millis(Math.min(dayMillis, Math.max(0, Math.ceil(Math.max(...waits)))))
}

// internal

const dayMillis = 24 * 60 * 60 * 1000
const date = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /

/** A comma that stands between two values, not within a date. */
const between = /,(?=\s*(?:\d+(?:\.\d+)?\s*(?:,|$)|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? ))/

const waitOf = (text: string, nowMillis: number): number | undefined => {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000
  if (!date.test(text)) return undefined
  // An asctime date names no zone; it is GMT whatever the zone of this machine.
  const at = Date.parse(/\b(?:GMT|UTC|[+-]\d{4})$/.test(text) ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : at - nowMillis
}
