/**
 * What an answer of Amplitude's ingestion APIs means for the batch that was sent. Amplitude takes a request as a whole or
 * not at all; where it refuses one it names events by their position, which end alone, and the others are sent again.
 *
 * @since 1.0.0
 */
import type { Batch } from "@millrace/core/Message"
import { DeliveryError, type Outcome, Outcomes, rejected, retry, unauthorized } from "@millrace/core/Outcome"
import * as Delivery from "@millrace/http/Delivery"
import { excerpt } from "@millrace/http/Excerpt"
import * as RetryAfter from "@millrace/http/RetryAfter"
import * as Status from "@millrace/http/Status"
import * as Transport from "@millrace/http/Transport"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { named, overQuota, type Reply, read } from "./internal/reply.ts"
import * as Limits from "./Limits.ts"

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
  const reply = read(answer)
  const whole = outcome(answer, nowMillis)
  if (whole._tag === "Delivered") return Result.succeed(Outcomes.all(batch, whole))
  const ends = endsOf(answer.status, reply, batch)
  if (whole._tag === "Unauthorized" || ends.size === 0) {
    return Result.fail(new DeliveryError({ outcome: whole }))
  }
  const again = whole._tag === "Retry" ? whole : refusedWithOthers
  return Result.succeed(Outcomes.each(batch, (_, index) => ends.get(index) ?? again))
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
  const reply = read(answer)
  const after = RetryAfter.parse(headers["retry-after"], nowMillis)
  if (status === 401 || (status === 400 && isAboutKey(reply))) {
    return unauthorized("unauthorized", `Amplitude refused the API key; check it and the region (${detail})`)
  }
  if (status === 403) {
    return unauthorized(
      "unauthorized",
      `Amplitude's firewall blocked the request, for its content or for where it comes from (${detail})`
    )
  }
  if (Status.isElsewhere({ headers, status })) {
    return retry("wrong-address", {
      after,
      detail: `this is not Amplitude's API; check region or baseUrl (${detail})`
    })
  }
  if (status === 429) return retry("throttled", { after: after ?? Duration.millis(Limits.pause), detail })
  if (status >= 200 && status < 300 && reply.code !== 200) {
    return Result.match(Transport.json(answer), {
      onFailure: (error) => Delivery.unreadable(error, said).outcome,
      onSuccess: () => retry("unexpected", { detail })
    })
  }
  return Status.outcome(status, { retryAfter: after, detail })
}

// internal

const refusedWithOthers = retry("refused-with-others", {
  detail: "Amplitude refused the request for other events of it"
})

/** What a refusal names, by position in the batch: events that will not be taken however often they are sent. */
const endsOf = (status: number, reply: Reply, batch: Batch): ReadonlyMap<number, Outcome> => {
  const ends = new Map<number, Outcome>()
  if (status === 400) {
    for (const index of reply.silenced) {
      ends.set(index, rejected("silenced", "Amplitude has silenced the device"))
    }
    for (const [index, fields] of named(reply)) {
      ends.set(index, rejected("bad-request", excerpt(`${reply.error}: ${fields.join(", ")}`)))
    }
  }
  if (status === 429) {
    for (const index of overQuota(reply, batch)) {
      ends.set(
        index,
        rejected("over-quota", "the user or device has more events than Amplitude takes in a day")
      )
    }
  }
  const isSent = (index: number) => Number.isInteger(index) && index >= 0 && index < batch.ids.length
  // Positions that make no sense: then none is believed.
  return [...ends.keys()].every(isSent) ? ends : new Map()
}

/** `Invalid API key`, or `missing_field: "api_key"`. */
const isAboutKey = ({ error, missingField }: Reply) =>
  /invalid api.?key/i.test(error) || missingField === "api_key"
