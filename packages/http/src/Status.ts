/**
 * The usual meaning of HTTP statuses for a delivery. A destination whose remote documents another meaning says so
 * before it asks here.
 *
 * @since 1.0.0
 */
import { delivered, type Outcome, rejected, retry, tooLarge, unauthorized } from "@millrace/core/Outcome"
import type * as Duration from "effect/Duration"
import type { Response } from "./internal/channel.ts"

/**
 * - 2xx: delivered
 * - 401, 403: Unauthorized `unauthorized`
 * - 413: TooLarge
 * - 429: Retry `throttled`
 * - 408, 425, 5xx: Retry `unavailable`
 * - 402, 407, 421, 423, anything below 200 and redirects: Retry `unexpected`, since they say nothing about the content
 * - any other 4xx: Rejected `bad-request`
 *
 * @since 1.0.0
 * @category conversions
 */
export const outcome = (
  status: number,
  options: { readonly retryAfter?: Duration.Duration | undefined; readonly detail?: string | undefined } = {}
): Outcome => {
  const { detail, retryAfter: after } = options
  if (status >= 200 && status < 300) return delivered
  if (status === 401 || status === 403) return unauthorized("unauthorized", detail)
  if (status === 413) return tooLarge(detail)
  if (status === 429) return retry("throttled", { after, detail })
  if (status === 408 || status === 425 || status >= 500) return retry("unavailable", { after, detail })
  return status >= 400 && !aboutOthers.has(status)
    ? rejected("bad-request", detail)
    : retry("unexpected", { after, detail })
}

/** An account that is not paid for, a proxy that wants a password, a server that is not the right one, a lock. */
const aboutOthers = new Set([402, 407, 421, 423])

/**
 * Whether an answer cannot be that of an API which speaks no HTML and has its paths where they are documented: a redirect,
 * 404, 405, or a web page where the status itself would decide about the events. A load balancer's page that says
 * "too large" or "busy" means it. For destinations with one known address, whose events can wait until it is corrected.
 *
 * @since 1.0.0
 * @category predicates
 */
export const isElsewhere = ({ headers, status }: Pick<Response, "headers" | "status">): boolean =>
  (status >= 300 && status < 400) ||
  status === 404 ||
  status === 405 ||
  (/^text\/html/i.test(headers["content-type"] ?? "") && !speaksForItself(status))

const speaksForItself = (status: number): boolean =>
  status === 408 || status === 413 || status === 425 || status === 429 || status >= 500
