/** The model remote: takes what it is sent unless the plan has a fault for the lane at that time. */
import type { Batch } from "@millrace/core/Message"
import {
  DeliveryError,
  delivered,
  type Outcome,
  Outcomes,
  rejected,
  retry,
  tooLarge,
  unauthorized
} from "@millrace/core/Outcome"
import * as Effect from "effect/Effect"
import type * as Chance from "./chance.ts"
import type { LaneRecord } from "./laneRecord.ts"
import type { PlannedEvent, Window } from "./plan.ts"

export interface Message {
  readonly id: string
  readonly events: ReadonlyArray<string>
}

export interface Request {
  readonly batch: Batch
  readonly messages: ReadonlyArray<Message>
  readonly fateOf: (event: string) => PlannedEvent["fate"] | undefined
  /** Whether the remote has a verdict on each event of a message, or one on the message. */
  readonly judgesEvents: boolean
  readonly key: string
  readonly isKeyGood: boolean
  readonly window: Window | undefined
  readonly now: number
}

/** What becomes of a request that arrived. */
export interface Reply {
  readonly accepted: ReadonlyArray<Message>
  /** Accepted this much later, whatever has become of the sender. */
  readonly late: number
  /** `undefined` when the remote never answers. */
  readonly answer: Effect.Effect<Outcomes, DeliveryError> | undefined
  readonly delay: number
  /** Tells the lane's record what the answer binds the engine to, when it is heard. */
  readonly heard: (record: LaneRecord) => void
}

const fail = (outcome: Exclude<Outcome, { readonly _tag: "Delivered" }>) =>
  Effect.fail(new DeliveryError({ outcome }))
const nothing = () => undefined

/** Messages that hold an event planned to be refused, and how. */
const badOnes = ({ messages, fateOf }: Request): ReadonlyMap<string, "poison" | "large"> => {
  const bad = new Map<string, "poison" | "large">()
  for (const { id, events } of messages) {
    const fates = events.map(fateOf)
    if (fates.includes("poison")) bad.set(id, "poison")
    else if (fates.includes("large")) bad.set(id, "large")
  }
  return bad
}

const verdictOn = (kind: PlannedEvent["fate"] | undefined): Outcome => {
  if (kind === "poison") return rejected("bad-request")
  return kind === "large" ? tooLarge() : delivered
}

/** A verdict on each event, by its id; what is accepted of a message keeps the message's id. */
const onEvents = (
  { batch, messages }: Request,
  verdict: (event: string) => Outcome
): Pick<Reply, "accepted" | "answer"> => {
  const verdicts = messages.map(({ events }) => events.map(verdict))
  return {
    accepted: messages.map(({ id, events }, at) => ({
      id,
      events: events.filter((_, position) => verdicts[at]![position]!._tag === "Delivered")
    })),
    answer: Effect.succeed(Outcomes.eachEvent(batch, (_, event, at) => verdicts[at]![event]!))
  }
}

/** The same for a remote that judges whole messages. */
const onMessages = (
  { batch, messages }: Request,
  verdict: (id: string) => Outcome
): Pick<Reply, "accepted" | "answer"> => {
  const verdicts = new Map(messages.map(({ id }) => [id, verdict(id)]))
  return {
    accepted: messages.filter(({ id }) => verdicts.get(id)!._tag === "Delivered"),
    answer: Effect.succeed(Outcomes.each(batch, (id) => verdicts.get(id)!))
  }
}

export const reply = (request: Request, chance: Chance.Chance): Reply => {
  const { batch, messages, key, isKeyGood, window, now, judgesEvents, fateOf } = request
  const bad = badOnes(request)
  const plain = { accepted: [], late: 0, delay: chance.between(1, 50), heard: nothing }
  const refused = { ...plain, heard: (record: LaneRecord) => record.refused() }
  if (!isKeyGood) return { ...refused, answer: fail(unauthorized("unauthorized")) }
  const healthy = (): Reply => {
    if (bad.size === 0) {
      const answer = Effect.succeed(Outcomes.all(batch, delivered))
      return { ...plain, accepted: messages, answer, heard: (record) => record.welcomed() }
    }
    if (chance.hit(0.5)) {
      const isPoison = [...bad.values()].includes("poison")
      return { ...plain, answer: fail(isPoison ? rejected("bad-request") : tooLarge()) }
    }
    const judged = judgesEvents
      ? onEvents(request, (event) => verdictOn(fateOf(event)))
      : onMessages(request, (id) => verdictOn(bad.get(id)))
    return { ...plain, ...judged }
  }
  if (window === undefined) return healthy()
  const asked = (after: number) => (record: LaneRecord) => {
    if (after > 0) record.asked(now + after)
  }
  switch (window.fault) {
    case "throttled": {
      const { after, scope } = window
      return { ...plain, answer: fail(retry("throttled", { after, scope })), delay: 0, heard: asked(after) }
    }
    case "down":
      return { ...plain, answer: fail(retry("unavailable")) }
    case "reset-before":
      return { ...plain, answer: fail(retry("no-answer")) }
    case "reset-after":
      return {
        ...healthy(),
        late: chance.hit(0.3) ? chance.spread(1, 100_000) : 0,
        answer: fail(retry("no-answer")),
        heard: nothing
      }
    case "hang":
      return { ...healthy(), late: chance.spread(1, 300_000), answer: undefined }
    case "slow":
      return { ...healthy(), delay: chance.spread(1000, 150_000) }
    case "unauthorized":
      return { ...refused, answer: fail(unauthorized("unauthorized")) }
    case "missing":
      return missing(request, bad, plain, chance)
    case "partial":
      return partial(request, bad, plain, chance)
    case "strangers": {
      const good = messages.filter(({ id }) => !bad.has(id))
      const answers = new Map(batch.ids.map((id): [string, Outcome] => [id, verdictOn(bad.get(id))]))
      answers.set("never-sent", delivered)
      return { ...plain, accepted: good, answer: Effect.succeed(Outcomes.byId(batch, answers)) }
    }
    case "busy": {
      const well = healthy()
      if (well.answer === undefined) return well
      // Mostly near the limit, where it matters.
      const usage = Math.sqrt(chance.next())
      const answer = Effect.map(well.answer, (outcomes) => outcomes.withUsage(usage))
      const heard = (record: LaneRecord) => {
        well.heard(record)
        if (bad.size === 0) record.used(usage)
      }
      return { ...well, answer, heard }
    }
    case "defect":
      return { ...plain, answer: Effect.die(new Error(`the plugin fell over with ${key}`)) }
  }
}

/** Some messages are taken, and some of these are answered for; or the answer is that to another batch. */
const missing = (
  { batch, messages }: Request,
  bad: ReadonlyMap<string, unknown>,
  plain: Omit<Reply, "answer">,
  chance: Chance.Chance
): Reply => {
  const accepted = messages.filter(({ id }) => !bad.has(id) && chance.hit(0.5))
  const told = accepted.filter(() => chance.hit(0.5))
  if (chance.hit(0.5)) {
    const answers = new Map(told.map(({ id }): [string, Outcome] => [id, delivered]))
    return { ...plain, accepted, answer: Effect.succeed(Outcomes.byId(batch, answers)) }
  }
  // The first messages only, as if the batch had ended there.
  const length = chance.below(messages.length)
  const head = messages.slice(0, length).filter(({ id }) => !bad.has(id))
  const other = { ...batch, ids: batch.ids.slice(0, head.length === length ? length : 0) }
  return { ...plain, accepted: head, answer: Effect.succeed(Outcomes.all(other, delivered)) }
}

/** Each message, or each event, has a fate of its own. */
const partial = (
  request: Request,
  bad: ReadonlyMap<string, "poison" | "large">,
  plain: Omit<Reply, "answer">,
  chance: Chance.Chance
): Reply => {
  const { fateOf, judgesEvents, now } = request
  const after = chance.hit(0.3) ? chance.spread(100, 60_000) : 0
  const again = retry("unavailable", after > 0 ? { after } : {})
  let isPutOff = false
  const perhaps = (kind: PlannedEvent["fate"] | undefined): Outcome => {
    if (!chance.hit(0.4)) return verdictOn(kind)
    isPutOff = true
    return again
  }
  const judged = judgesEvents
    ? onEvents(request, (event) => perhaps(fateOf(event)))
    : onMessages(request, (id) => perhaps(bad.get(id)))
  return {
    ...plain,
    ...judged,
    delay: 0,
    heard: (record) => {
      if (isPutOff && after > 0) record.asked(now + after)
    }
  }
}
