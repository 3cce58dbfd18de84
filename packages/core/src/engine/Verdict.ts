/**
 * What follows from the answer to one attempt. Pure: the lane carries it out.
 */
import type { DeliveryError, Outcome, Outcomes, Retry, Unauthorized } from "../Outcome.ts"
import * as Backoff from "./Backoff.ts"
import type { Pending } from "./Batches.ts"
import * as Item from "./Item.ts"

/** A message that ended without being delivered. */
export interface Ended {
  readonly item: Item.Item
  readonly reason: string
  readonly detail: string
}

export interface Verdict {
  readonly delivered: ReadonlyArray<Item.Item>
  readonly dead: ReadonlyArray<Ended>
  /** To be tried again, as they stand. */
  readonly again: ReadonlyArray<Pending>
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
  again: [],
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
  return { ...nothing, dead: [{ item, reason, detail: outcome.detail ?? "" }] }
}

const judgeEach = (batch: Pending, outcomes: Outcomes, moment: Backoff.Moment): Verdict => {
  const delivered: Array<Item.Item> = []
  const dead: Array<Ended> = []
  const halve: Array<Item.Item> = []
  const retries: Array<Item.Item> = []
  const refused: Array<Item.Item> = []
  const defects: Array<string> = []
  let longest: Retry | undefined
  let unauthorized: Unauthorized | undefined
  for (let i = 0; i < batch.items.length; i++) {
    const item = batch.items[i]!
    // Outcomes of another batch have no verdict here: silence is a retry, never success.
    const outcome: Outcome = outcomes.values[i] ?? { _tag: "Retry", reason: "no-answer" }
    switch (outcome._tag) {
      case "Delivered":
        delivered.push(item)
        break
      case "Retry":
        retries.push(item)
        if (longest === undefined || Backoff.asked(outcome) > Backoff.asked(longest)) longest = outcome
        break
      case "Unauthorized":
        refused.push(item)
        unauthorized = outcome
        break
      case "Rejected":
      case "TooLarge": {
        const refusal = refuse(item, outcome)
        dead.push(...refusal.dead)
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
