/**
 * What an answer of the Tracking API means for the batch that was sent: one verdict on all of it, since Segment has none
 * on single events.
 *
 * @since 1.0.0
 */
import { type Outcome, retry, unauthorized } from "@millrace/core/Outcome"
import { excerpt } from "@millrace/http/Excerpt"
import * as RetryAfter from "@millrace/http/RetryAfter"
import * as Status from "@millrace/http/Status"
import type * as Transport from "@millrace/http/Transport"

/**
 * The verdict. `nowMillis` is the time of the answer.
 *
 * @since 1.0.0
 * @category conversions
 */
export const outcome = ({ body, headers, status }: Transport.Response, nowMillis: number): Outcome => {
  const said = excerpt(body)
  const detail = said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`
  const retryAfter = RetryAfter.parse(headers["retry-after"] ?? headers["x-ratelimit-reset"], nowMillis)
  if (status === 401 || status === 403 || (status === 400 && aboutKey.test(body))) {
    return unauthorized("unauthorized", `Segment refused the write key; check it and the region (${detail})`)
  }
  if (Status.isElsewhere({ headers, status })) {
    return retry("wrong-address", {
      after: retryAfter,
      detail: `this is not the Tracking API; check region or baseUrl (${detail})`
    })
  }
  return Status.outcome(status, { retryAfter, detail })
}

// internal

/** A malformed key is answered 400 like malformed events. The wording is not documented. */
const aboutKey = /write.?key/i
