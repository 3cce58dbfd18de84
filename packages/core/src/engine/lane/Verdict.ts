/**
 * What follows from the answer to one attempt. Pure: the lane carries it out.
 */
import type { DeliveryError, Outcome, Outcomes, Retry, Unauthorized } from "../../Outcome.ts"
import type { Pending } from "../message/Batches.ts"
import * as Item from "../message/Item.ts"
import * as Backoff from "./Backoff.ts"
import * as EventVerdicts from "./EventVerdicts.ts"

export interface Verdict {
  /** Messages that were taken, or the events of them that were. */
  readonly delivered: ReadonlyArray<Item.Item>
  readonly dead: ReadonlyArray<Item.Dead>
  /** Messages of which nothing is left. */
  readonly ended: ReadonlyArray<Item.Item>
  /** To be tried again: as they stand, but for those in `left`. */
  readonly again: ReadonlyArray<Pending>
  /** What is left of messages of which some events have ended, and the messages: to be prepared anew once that is stored. */
  readonly left: ReadonlyMap<Item.Item, Item.Item>
  /** Refused messages of several events, to be halved. */
  readonly halve: ReadonlyArray<Item.Item>
  readonly unauthorized: Unauthorized | undefined
  /** Set when the attempt as a whole failed for the time being. */
  readonly setback:
    | {
        readonly until: number
        readonly scope: "lane" | "destination"
        readonly reason: string
        readonly text: string
      }
    | undefined
  /** Share of the remote's rate limit in use, 0 to 1, when it told. */
  readonly usage: number
  /** Faults of the plugin, for the log. */
  readonly defects: ReadonlyArray<string>
}

export type Answer =
  | { readonly _tag: "Outcomes"; readonly outcomes: Outcomes }
  | { readonly _tag: "Failed"; readonly error: DeliveryError }
  | { readonly _tag: "Defect"; readonly detail: string }

const nothing: Verdict = {
  delivered: [],
  dead: [],
  ended: [],
  again: [],
  left: new Map(),
  halve: [],
  unauthorized: undefined,
  setback: undefined,
  usage: 0,
  defects: []
}

export const judge = (batch: Pending, answer: Answer, moment: Backoff.Moment): Verdict => {
  switch (answer._tag) {
    case "Outcomes":
      return judgeEach(batch, answer.outcomes, moment)
    case "Failed":
      return judgeWhole(batch, answer.error.outcome, answer.error.message, moment)
    case "Defect":
      return {
        ...judgeWhole(batch, { _tag: "Retry", reason: "defect" }, answer.detail, moment),
        defects: [answer.detail]
      }
  }
}

const judgeWhole = (
  batch: Pending,
  outcome: DeliveryError["outcome"],
  text: string,
  moment: Backoff.Moment
): Verdict => {
  switch (outcome._tag) {
    case "Retry":
      return { ...nothing, ...putOff(batch.items, batch.attempts, outcome, text, moment) }
    case "Unauthorized":
      return { ...nothing, unauthorized: outcome, again: [{ ...batch, due: 0 }] }
    case "Rejected":
    case "TooLarge":
      return batch.items.length === 1
        ? refuse(batch.items[0]!, outcome)
        : { ...nothing, again: halves(batch) }
  }
}

const putOff = (
  items: ReadonlyArray<Item.Item>,
  attempts: number,
  outcome: Retry,
  text: string,
  moment: Backoff.Moment
): Pick<Verdict, "again" | "setback"> => {
  const asked = Backoff.asked(outcome)
  const due = moment.now + Math.max(asked, Backoff.delay(attempts, moment))
  return {
    again: [{ items, due, attempts: attempts + 1 }],
    setback: { until: asked > 0 ? due : 0, scope: outcome.scope ?? "lane", reason: outcome.reason, text }
  }
}

const halves = ({ items, attempts }: Pending): ReadonlyArray<Pending> => {
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)].map((half) => ({ items: half, due: 0, attempts }))
}

/** A single message that was refused: halved while it holds several events, else dead. */
const refuse = (
  item: Item.Item,
  outcome: Extract<Outcome, { readonly _tag: "Rejected" | "TooLarge" }>
): Verdict => {
  if (Item.events(item) > 1) return { ...nothing, halve: [item] }
  const reason = outcome._tag === "TooLarge" ? "too-large" : outcome.reason
  return { ...nothing, dead: [{ item, reason, detail: outcome.detail ?? "" }], ended: [item] }
}

const judgeEach = (batch: Pending, outcomes: Outcomes, moment: Backoff.Moment): Verdict => {
  const delivered: Array<Item.Item> = []
  const dead: Array<Item.Dead> = []
  const ended: Array<Item.Item> = []
  const halve: Array<Item.Item> = []
  const retries: Array<Item.Item> = []
  const refused: Array<Item.Item> = []
  const left = new Map<Item.Item, Item.Item>()
  const defects: Array<string> = []
  let longest: Retry | undefined
  let unauthorized: Unauthorized | undefined
  for (let i = 0; i < batch.items.length; i++) {
    const item = batch.items[i]!
    const verdicts = outcomes.events?.[i]
    if (verdicts !== undefined && item.group !== undefined && Item.events(item) > 1) {
      const found = EventVerdicts.judge(item, item.group, verdicts)
      if (found.delivered !== undefined) delivered.push(found.delivered)
      dead.push(...found.dead)
      longest = EventVerdicts.longer(longest, found.retry)
      unauthorized = found.unauthorized ?? unauthorized
      if (found.left === undefined) ended.push(item)
      else {
        if (found.left !== item) left.set(found.left, item)
        // Where it has both, the wait is kept.
        if (found.retry !== undefined) retries.push(found.left)
        else refused.push(found.left)
      }
      continue
    }
    // Outcomes of another batch have no verdict here: silence is a retry, never success.
    const outcome: Outcome = outcomes.values[i] ?? { _tag: "Retry", reason: "no-answer" }
    switch (outcome._tag) {
      case "Delivered":
        delivered.push(item)
        ended.push(item)
        break
      case "Retry":
        retries.push(item)
        longest = EventVerdicts.longer(longest, outcome)
        break
      case "Unauthorized":
        refused.push(item)
        unauthorized = outcome
        break
      case "Rejected":
      case "TooLarge": {
        const refusal = refuse(item, outcome)
        dead.push(...refusal.dead)
        ended.push(...refusal.ended)
        halve.push(...refusal.halve)
        break
      }
      default:
        outcome satisfies never
    }
  }
  if (outcomes.strangers.length > 0)
    defects.push(`answered for ${outcomes.strangers.length} messages never sent`)
  if (outcomes.values.length !== batch.items.length) {
    defects.push(`${outcomes.values.length} outcomes for ${batch.items.length} messages`)
  }
  const later =
    longest === undefined
      ? { again: [], setback: undefined }
      : putOff(retries, batch.attempts, longest, longest.detail ?? longest.reason, moment)
  return {
    delivered,
    dead,
    ended,
    left,
    halve,
    unauthorized,
    usage: outcomes.usage ?? 0,
    defects,
    again: [
      ...later.again,
      ...(refused.length === 0 ? [] : [{ items: refused, due: 0, attempts: batch.attempts }])
    ],
    // A remote that took part of the batch is up: only a wait it asked for holds the lane.
    setback: delivered.length > 0 && later.setback?.until === 0 ? undefined : later.setback
  }
}
