/**
 * What follows for a message of several events of which the remote has judged each by itself. Pure.
 */
import type { Outcome, Retry, Unauthorized } from "../../Outcome.ts"
import * as Item from "../message/Item.ts"
import * as Backoff from "./Backoff.ts"

export interface EventVerdicts {
  readonly delivered: Item.Item | undefined
  readonly dead: ReadonlyArray<Item.Dead>
  /** What is left of the message: itself when nothing has ended, `undefined` when everything has. */
  readonly left: Item.Item | undefined
  /** Of those that are to be tried again, the one that asks for the longest wait. */
  readonly retry: Retry | undefined
  readonly unauthorized: Unauthorized | undefined
}

const silence: Outcome = { _tag: "Retry", reason: "no-answer" }

/** The one of the two that asks for the longer wait. */
export const longer = (one: Retry | undefined, other: Retry | undefined): Retry | undefined =>
  one === undefined || (other !== undefined && Backoff.asked(other) > Backoff.asked(one)) ? other : one

export const judge = (
  item: Item.Item,
  group: Item.Group,
  verdicts: ReadonlyArray<Outcome>
): EventVerdicts => {
  const delivered: Array<number> = []
  const left: Array<number> = []
  const dead: Array<Item.Dead> = []
  let retry: Retry | undefined
  let unauthorized: Unauthorized | undefined
  for (let position = 0; position < group.events.length; position++) {
    const outcome = verdicts[position] ?? silence
    switch (outcome._tag) {
      case "Delivered":
        delivered.push(position)
        break
      case "Retry":
        left.push(position)
        retry = longer(retry, outcome)
        break
      case "Unauthorized":
        left.push(position)
        unauthorized = outcome
        break
      case "Rejected":
      case "TooLarge":
        dead.push({
          item: Item.part(item, group, [position]),
          reason: outcome._tag === "TooLarge" ? "too-large" : outcome.reason,
          detail: outcome.detail ?? ""
        })
        break
      default:
        outcome satisfies never
    }
  }
  const part = (positions: ReadonlyArray<number>): Item.Item | undefined => {
    if (positions.length === 0) return undefined
    return positions.length === group.events.length ? item : Item.part(item, group, positions)
  }
  return { delivered: part(delivered), dead, left: part(left), retry, unauthorized }
}
