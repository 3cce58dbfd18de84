/**
 * What an answer of the import API means for the batch that was sent. With `strict=1` a 400 names the events that failed,
 * by position and `$insert_id`, and the others are taken.
 *
 * @since 1.0.0
 */
import type { Batch } from "@millrace/core/Message"
import {
  DeliveryError,
  delivered,
  type Outcome,
  Outcomes,
  rejected,
  retry,
  unauthorized
} from "@millrace/core/Outcome"
import * as Delivery from "@millrace/http/Delivery"
import { excerpt } from "@millrace/http/Excerpt"
import * as RetryAfter from "@millrace/http/RetryAfter"
import * as Status from "@millrace/http/Status"
import * as Transport from "@millrace/http/Transport"
import * as Result from "effect/Result"
import { failures, read } from "./internal/reply.ts"

/**
 * A verdict on each event, or on the attempt as a whole. `nowMillis` is the time of the answer.
 *
 * @since 1.0.0
 * @category conversions
 */
export const outcomes = (
  answer: Transport.Response,
  batch: Batch,
  nowMillis: number
): Result.Result<Outcomes, DeliveryError> => {
  const whole = outcome(answer, nowMillis)
  if (whole._tag === "Delivered") return Result.succeed(Outcomes.all(batch, whole))
  const failed = answer.status === 400 ? failures(read(answer), batch.ids) : undefined
  if (failed === undefined) return Result.fail(new DeliveryError({ outcome: whole }))
  return Result.succeed(
    Outcomes.each(batch, (_, index) => {
      const faults = failed.get(index)
      return faults === undefined ? delivered : rejected("bad-request", excerpt(faults.join("; ")))
    })
  )
}

/**
 * The verdict on the request as a whole, without a look at the events it names.
 *
 * @since 1.0.0
 * @category conversions
 */
export const outcome = (answer: Transport.Response, nowMillis: number): Outcome => {
  const { body, headers, status } = answer
  const said = excerpt(body)
  const detail = said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`
  const retryAfter = RetryAfter.parse(headers["retry-after"], nowMillis)
  if (status === 401 || status === 403) {
    return unauthorized(
      "unauthorized",
      `Mixpanel refused the credentials; check them, projectId and region (${detail})`
    )
  }
  if (Status.isElsewhere({ headers, status })) {
    return retry("wrong-address", {
      after: retryAfter,
      detail: `this is not the import API; check region or baseUrl (${detail})`
    })
  }
  if (status >= 200 && status < 300 && read(answer).code !== 200) {
    return Result.match(Transport.json(answer), {
      onFailure: (error) => Delivery.unreadable(error, said).outcome,
      onSuccess: () => retry("unexpected", { detail })
    })
  }
  return Status.outcome(status, { retryAfter, detail })
}
