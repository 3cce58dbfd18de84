/**
 * What an answer means for the messages that were sent.
 *
 * @since 1.0.0
 */
import { delivered, type Outcome, rejected, retry, unauthorized } from "@millrace/core/Outcome"
import { excerpt } from "@millrace/http/Excerpt"
import * as RetryAfter from "@millrace/http/RetryAfter"
import * as HttpStatus from "@millrace/http/Status"
import type * as Transport from "@millrace/http/Transport"
import type { Statuses } from "./Settings.ts"

/**
 * The verdict on an attempt as a whole, by status alone: bodies differ from endpoint to endpoint and are only quoted.
 * `nowMillis` is the time of the answer.
 *
 * - what `statuses` names, as named
 * - 404, 405, 410, 3xx: Retry `wrong-address`; it says nothing about the events, which can wait for a correction
 * - a 2xx that `statuses.delivered` leaves out: Retry `unexpected`
 * - all others as `@millrace/http/Status` has them
 *
 * @since 1.0.0
 * @category conversions
 */
export const outcome = (answer: Transport.Response, statuses: Statuses, nowMillis: number): Outcome => {
  const { body, headers, status } = answer
  const said = excerpt(body)
  const detail = said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`
  const after = RetryAfter.parse(headers["retry-after"], nowMillis)
  const usual = HttpStatus.outcome(status, { retryAfter: after, detail })
  const refused = unauthorized(
    "unauthorized",
    `the endpoint refused the credentials; check them and url (${detail})`
  )
  switch (named(status, statuses)) {
    case "delivered":
      return delivered
    case "rejected":
      return rejected("bad-request", detail)
    case "retry":
      return usual._tag === "Retry" ? usual : retry("unavailable", { after, detail })
    case "unauthorized":
      return refused
    case undefined:
      if (isElsewhere(status)) {
        return retry("wrong-address", { after, detail: `nothing takes events there; check url (${detail})` })
      }
      if (usual._tag === "Unauthorized") return refused
      return usual._tag === "Delivered" && statuses.delivered !== undefined
        ? retry("unexpected", { after, detail })
        : usual
  }
}

// internal

const kinds = ["delivered", "rejected", "retry", "unauthorized"] as const

/** What the settings say of a status: by itself, else by its class. */
const named = (status: number, statuses: Statuses): (typeof kinds)[number] | undefined => {
  const family = `${Math.floor(status / 100)}xx`
  return (
    kinds.find((kind) => statuses[kind]?.includes(status)) ??
    kinds.find((kind) => statuses[kind]?.some((listed) => listed === family))
  )
}

const isElsewhere = (status: number) => (status >= 300 && status < 400) || [404, 405, 410].includes(status)
