/**
 * What an answer of the Events API means for the batch that was sent. Status and headers decide; the body is often
 * absent and only ever quoted.
 *
 * @since 1.0.0
 */
import { type Outcome, retry, unauthorized } from "@millrace/core/Outcome"
import { excerpt } from "@millrace/http/Excerpt"
import * as RetryAfter from "@millrace/http/RetryAfter"
import * as Status from "@millrace/http/Status"
import type * as Transport from "@millrace/http/Transport"

/**
 * The verdict on an attempt as a whole. `nowMillis` is the time of the answer; `lane` is named to the operator.
 *
 * @since 1.0.0
 * @category conversions
 */
export const outcome = (answer: Transport.Response, lane: string, nowMillis: number): Outcome => {
  const { body, headers, status } = answer
  const said = excerpt(body)
  const detail = said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`
  const after = RetryAfter.parse(headers["retry-after"], nowMillis)
  if (status === 401 || status === 403) {
    return unauthorized(
      "unauthorized",
      `mParticle refused the key of feed ${lane}; check its key, secret and pod (${detail})`
    )
  }
  if (status === 429) {
    const limit = unquote(headers["x-mp-rate-limit-exceeded"] ?? "")
    const scope = shared.has(limit) ? "destination" : "lane"
    return retry("throttled", {
      after,
      scope,
      detail: limit === "" ? detail : `limit ${excerpt(limit)}, ${detail}`
    })
  }
  if (Status.isElsewhere({ headers, status })) {
    return retry("wrong-address", {
      after,
      detail: `this is not the Events API; check pod or baseUrl (${detail})`
    })
  }
  return Status.outcome(status, { retryAfter: after, detail })
}

/**
 * The share of mParticle's limits in use, from 0 up; `undefined` when the answer does not tell.
 *
 * @since 1.0.0
 * @category conversions
 */
export const usage = (answer: Transport.Response): number | undefined => {
  const text = unquote(answer.headers["x-mp-rate-limit-percentage-used"] ?? "").replace(/%$/, "")
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) / 100 : undefined
}

// internal

/** Limits that all feeds of a customer have in common; `app`, `feed` and `acceleration` concern one key. */
const shared = new Set(["org", "account", "workspace", "system"])

/** The examples in mParticle's documentation put header values in quotes. */
const unquote = (text: string) =>
  text
    .trim()
    .replace(/^["']|["']$/g, "")
    .toLowerCase()
