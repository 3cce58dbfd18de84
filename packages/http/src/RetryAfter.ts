/**
 * The `Retry-After` header (RFC 9110, section 10.2.3).
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"

const dayMillis = 24 * 60 * 60 * 1000
const date = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /

/**
 * The wait that a remote asks for: seconds or an HTTP date, at most a day, at least nothing. `undefined` for a header
 * that is absent or junk.
 *
 * @since 1.0.0
 * @category conversions
 */
export const parse = (value: string | undefined, nowMillis: number): Duration.Duration | undefined => {
  const text = value?.trim() ?? ""
  const millis = /^\d+$/.test(text)
    ? Number(text) * 1000
    : date.test(text)
      ? Date.parse(text) - nowMillis
      : Number.NaN
  return Number.isNaN(millis) ? undefined : Duration.millis(Math.min(dayMillis, Math.max(0, millis)))
}
