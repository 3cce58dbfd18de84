/**
 * How a delivery ends that got no answer, and what the answer to a request without events proves.
 *
 * @since 1.0.0
 */
import { DeliveryError, type Outcome, retry, unauthorized } from "@millrace/core/Outcome"
import * as Effect from "effect/Effect"
import type { TransportError } from "./TransportError.ts"

/**
 * A request that got no answer, as a delivery fails with it: Retry `no-answer`, with what the transport tells of it. A client
 * certificate that is missing or not accepted is Unauthorized, like any other credential.
 *
 * @since 1.0.0
 * @category conversions
 */
export const noAnswer = ({ message, reason }: TransportError): DeliveryError =>
  new DeliveryError({
    outcome:
      reason === "client-certificate"
        ? unauthorized("unauthorized", message)
        : retry("no-answer", { detail: message })
  })

/**
 * The check of a remote that documents no probe, by the outcome of a request without events. It fails with the outcome
 * where the credentials are refused (Unauthorized), or where the address is not the remote's (Retry `wrong-address`).
 * With any other the remote was reached, and looked at the credentials.
 *
 * @since 1.0.0
 * @category conversions
 */
export const reached = (outcome: Outcome): Effect.Effect<void, DeliveryError> =>
  outcome._tag === "Unauthorized" || (outcome._tag === "Retry" && outcome.reason === "wrong-address")
    ? Effect.fail(new DeliveryError({ outcome }))
    : Effect.void
