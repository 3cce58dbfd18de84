/**
 * How a delivery ends that got no answer or one that cannot be read, and what the answer to a request without events proves.
 *
 * @since 1.0.0
 */
import { DeliveryError, type Outcome, retry, unauthorized } from "@millrace/core/Outcome"
import * as Effect from "effect/Effect"
import type { AnswerError } from "./AnswerError.ts"
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
 * An answer that cannot be read, as a delivery fails with it: Retry `unexpected`, with what `Transport.json` tells of it, and
 * the beginning of the answer where that is given.
 *
 * @since 1.0.0
 * @category conversions
 */
export const unreadable = ({ message }: AnswerError, said = ""): DeliveryError =>
  new DeliveryError({
    outcome: retry("unexpected", { detail: said === "" ? message : `${message}: ${said}` })
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
