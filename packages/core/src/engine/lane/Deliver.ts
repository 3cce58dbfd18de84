/**
 * A connection opened, and one batch delivered over it, within the time of the policy. Whatever comes of it is an answer
 * for `Verdict`: nothing fails.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { Connection } from "../../Destination.ts"
import { jsonArray } from "../../Message.ts"
import { DeliveryError, type Outcomes, retry } from "../../Outcome.ts"
import * as Policy from "../../Policy.ts"
import { batchOf } from "../message/BatchOf.ts"
import type * as Item from "../message/Item.ts"
import type * as OpenDestination from "./OpenDestination.ts"
import type { Answer } from "./Verdict.ts"

const tookTooLong = new DeliveryError({
  outcome: retry("no-answer", { detail: "the attempt took too long" })
})

const inTime =
  ({ attemptTimeout }: Policy.Resolved) =>
  <A, R>(trying: Effect.Effect<A, DeliveryError, R>): Effect.Effect<A, DeliveryError, R> =>
    Effect.timeoutOrElse(trying, { duration: attemptTimeout, orElse: () => Effect.fail(tookTooLong) })

const answerOf = (exit: Exit.Exit<Outcomes | Connection, DeliveryError>): Answer => {
  if (Exit.isSuccess(exit)) {
    return "values" in exit.value
      ? { _tag: "Outcomes", outcomes: exit.value }
      : { _tag: "Defect", detail: "no outcomes" }
  }
  const found = Cause.findError(exit.cause)
  return Result.isSuccess(found)
    ? { _tag: "Failed", error: found.success }
    : { _tag: "Defect", detail: "the plugin threw while delivering" }
}

/** Opens the connection; yields an answer when there is none. The connection closes with the scope. */
export const connect = Effect.fnUntraced(function* (
  lane: string,
  { opened, policy }: OpenDestination.OpenDestination,
  scope: Scope.Scope
) {
  const inner = yield* Scope.fork(scope)
  const exit = yield* opened
    .connect(lane)
    .pipe(
      inTime(policy),
      Effect.provideService(Policy.Timeouts, Policy.timeouts(policy)),
      Effect.provideService(Policy.AnswerBytes, Policy.answerBytes(opened.limits.events)),
      Scope.provide(inner),
      Effect.exit
    )
  if (Exit.isSuccess(exit)) {
    const held: OpenDestination.Held = { connection: exit.value, scope: inner, users: 0, isProven: false }
    return Result.succeed(held)
  }
  yield* Scope.close(inner, exit)
  return Result.fail(answerOf(exit))
})

/** One attempt. */
export const deliver = Effect.fnUntraced(function* (
  lane: string,
  { bodies, policy }: OpenDestination.OpenDestination,
  connection: Connection,
  items: ReadonlyArray<Item.Item>
) {
  const envelope = connection.envelope ?? jsonArray
  const body = bodies.assemble(items, envelope)
  const exit = yield* connection
    .deliver(batchOf(lane, items, body, envelope))
    .pipe(inTime(policy), Effect.exit)
  // After any other end somebody may still be reading it.
  if (Exit.isSuccess(exit)) bodies.recycle(body)
  return answerOf(exit)
})
