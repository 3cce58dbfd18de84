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
import type { Window } from "./plan.ts"

export interface Message {
  readonly id: string
  readonly events: ReadonlyArray<string>
}

export interface Request {
  readonly batch: Batch
  readonly messages: ReadonlyArray<Message>
  /** Messages that hold an event planned to be refused, and how. */
  readonly bad: ReadonlyMap<string, "poison" | "large">
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

export const reply = (request: Request, chance: Chance.Chance): Reply => {
  const { batch, messages, bad, key, isKeyGood, window, now } = request
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
    const good = messages.filter(({ id }) => !bad.has(id))
    return { ...plain, accepted: good, answer: Effect.succeed(Outcomes.each(batch, verdictOn)) }
  }
  const verdictOn = (id: string): Outcome => {
    const kind = bad.get(id)
    return kind === undefined ? delivered : kind === "poison" ? rejected("bad-request") : tooLarge()
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
      return missing(request, plain, chance)
    case "partial":
      return partial(request, plain, chance)
    case "strangers": {
      const good = messages.filter(({ id }) => !bad.has(id))
      const answers = new Map(batch.ids.map((id): [string, Outcome] => [id, verdictOn(id)]))
      answers.set("never-sent", delivered)
      return { ...plain, accepted: good, answer: Effect.succeed(Outcomes.byId(batch, answers)) }
    }
    case "busy": {
      const well = healthy()
      if (well.answer === undefined) return well
      const usage = chance.next()
      return { ...well, answer: Effect.map(well.answer, (outcomes) => outcomes.withUsage(usage)) }
    }
    case "defect":
      return { ...plain, answer: Effect.die(new Error(`the plugin fell over with ${key}`)) }
  }
}

/** Some messages are taken, and some of these are answered for; or the answer is that to another batch. */
const missing = (
  { batch, messages, bad }: Request,
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

/** Each message has a fate of its own. */
const partial = (
  { batch, messages, bad, now }: Request,
  plain: Omit<Reply, "answer">,
  chance: Chance.Chance
): Reply => {
  const after = chance.hit(0.3) ? chance.spread(100, 60_000) : 0
  const again = retry("unavailable", after > 0 ? { after } : {})
  const verdicts = new Map(
    messages.map(({ id }): [string, Outcome] => {
      const kind = bad.get(id)
      if (chance.hit(0.4)) return [id, again]
      return [id, kind === undefined ? delivered : kind === "poison" ? rejected("bad-request") : tooLarge()]
    })
  )
  const isPutOff = [...verdicts.values()].some((verdict) => verdict._tag === "Retry")
  return {
    ...plain,
    accepted: messages.filter(({ id }) => verdicts.get(id)!._tag === "Delivered"),
    answer: Effect.succeed(Outcomes.each(batch, (id) => verdicts.get(id)!)),
    delay: 0,
    heard: (record) => {
      if (isPutOff && after > 0) record.asked(now + after)
    }
  }
}
