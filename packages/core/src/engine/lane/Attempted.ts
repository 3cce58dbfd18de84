/**
 * An attempt as an observer is told of it. Pure.
 */
import type { Attempt, AttemptOutcome } from "../../Observer.ts"
import type { LaneKey } from "../../Outbox.ts"
import type { Outcome } from "../../Outcome.ts"
import type { Pending } from "../message/Batches.ts"
import * as Item from "../message/Item.ts"
import type { Answer, Verdict } from "./Verdict.ts"

const outcomes: Readonly<Record<Exclude<Outcome, { readonly _tag: "Delivered" }>["_tag"], AttemptOutcome>> = {
  Retry: "retry",
  Unauthorized: "unauthorized",
  Rejected: "rejected",
  TooLarge: "too-large"
}

const silence: Outcome = { _tag: "Retry", reason: "no-answer" }

/** What was said of the first message that was not taken. */
const firstRefusal = ({ items }: Pending, answer: Answer): Outcome | undefined => {
  switch (answer._tag) {
    case "Failed":
      return answer.error.outcome
    case "Defect":
      return { _tag: "Retry", reason: "defect" }
    case "Outcomes": {
      const { values } = answer.outcomes
      return items.map((_, index) => values[index] ?? silence).find(({ _tag }) => _tag !== "Delivered")
    }
  }
}

const outcomeOf = (answer: Answer, verdict: Verdict, refusal: Outcome | undefined): AttemptOutcome => {
  if (answer._tag === "Defect") return "defect"
  if (refusal === undefined || refusal._tag === "Delivered") return "delivered"
  return verdict.delivered.length > 0 ? "partly" : outcomes[refusal._tag]
}

const reasonOf = (refusal: Outcome | undefined): string | undefined => {
  if (refusal === undefined || refusal._tag === "Delivered") return undefined
  return refusal._tag === "TooLarge" ? "too-large" : refusal.reason
}

export const observed = (
  { route, lane }: LaneKey,
  batch: Pending,
  answer: Answer,
  verdict: Verdict,
  times: Pick<Attempt, "began" | "ended">
): Attempt => {
  const { items, attempts } = batch
  const refusal = firstRefusal(batch, answer)
  const reason = reasonOf(refusal)
  return {
    _tag: "Attempt",
    route,
    lane,
    ...times,
    messages: items.length,
    events: items.reduce((sum, item) => sum + Item.events(item), 0),
    bytes: items.reduce((sum, item) => sum + Item.size(item), 0),
    attempts: attempts + 1,
    outcome: outcomeOf(answer, verdict, refusal),
    ...(reason === undefined ? {} : { reason })
  }
}
