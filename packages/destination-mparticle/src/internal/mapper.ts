import { createHash } from "node:crypto"
import type { Event } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Result from "effect/Result"
import type { Feeds } from "../Feeds.ts"
import * as Limits from "../Limits.ts"
import { deviceIdentity, type Settings } from "../Settings.ts"
import { allAttributes, documentedAttributes } from "./attributes.ts"
import type { EventData, MParticleBatch, MParticleEvent } from "./batch.ts"
import { type Head, makeHead, together } from "./head.ts"
import { shapeOf } from "./native.ts"
import { type Plan, planner } from "./plan.ts"

export interface Mapper {
  readonly head: (event: Event) => Head
  readonly prepare: (
    events: readonly [BrazeEvent, ...ReadonlyArray<BrazeEvent>]
  ) => Result.Result<Message.Message, Rejected>
}

export const mapper = (settings: Settings, { feedOfApp }: Pick<Feeds, "feedOfApp">): Mapper => {
  const { environment, identity } = settings
  const context = contextOf(settings)
  const planOf = planner(settings)
  const heads = { identity, deviceIdentity: deviceIdentity(identity), feedOfApp }
  const headOf = (event: Event) => makeHead(event, planOf(event.type), heads)
  return {
    head: headOf,
    prepare: (events) => {
      let head: Head | undefined
      const mapped: Array<MParticleEvent> = []
      for (const event of events) {
        if (!isTime(event.time)) return badTime
        const own = headOf(event)
        head = head === undefined ? own : together(head, own)
        // The core halves a message of several events that is rejected, until the parts agree.
        if (head === undefined) return mixed
        mapped.push(mapEvent(event, planOf(event.type), own))
      }
      const id = events.length === 1 ? events[0].id : idOf(events)
      const batch: MParticleBatch = { environment, source_request_id: id, events: mapped }
      if (head?.identities !== undefined) batch.user_identities = head.identities
      if (head?.mobile !== undefined) batch.user_attributes = { $mobile: head.mobile }
      if (head?.device !== undefined) batch.device_info = head.device
      if (context !== undefined) batch.context = context
      return Result.succeed(Message.json(id, batch))
    }
  }
}

const contextOf = ({ dataPlan }: Settings): MParticleBatch["context"] => {
  if (dataPlan === undefined) return undefined
  const { id, version } = dataPlan
  return { data_plan: { plan_id: id, ...(version === undefined ? {} : { plan_version: version }) } }
}

const mixed = Result.fail(rejected("mixed-heads", "the events tell different things of one user or device"))

const isTime = (time: number) => time >= Limits.time.first && time <= Limits.time.last

const badTime = Result.fail(rejected("bad-time", "the event's time is not between 2001-09-09 and 2286-11-20"))

/** The same for the same events in the same order, whatever the feed. */
const idOf = (events: ReadonlyArray<Event>): string =>
  createHash("sha256")
    .update(JSON.stringify(events.map(({ id }) => id)))
    .digest("hex")
    .slice(0, 32)

const mapEvent = (event: Event, plan: Plan, head: Head): MParticleEvent => {
  const shape = plan.native === undefined ? undefined : shapeOf(event, plan.native)
  const custom_attributes = plan.everything
    ? allAttributes(event, plan, head, shape?.told ?? none)
    : documentedAttributes(event, plan)
  const timestamp_unixtime_ms = Math.round(event.time)
  const source_message_id = event.id
  if (shape !== undefined) {
    const data = { ...shape.data, timestamp_unixtime_ms, source_message_id, custom_attributes }
    return { event_type: shape.eventType, data }
  }
  const data: EventData =
    plan.eventType === "custom_event"
      ? {
          event_name: plan.eventName,
          custom_event_type: "other",
          timestamp_unixtime_ms,
          source_message_id,
          custom_attributes
        }
      : { timestamp_unixtime_ms, source_message_id, custom_attributes }
  return { event_type: plan.eventType, data }
}

const none: ReadonlyArray<string> = []
