/**
 * The durable consumer. It goes on as it stands where nothing is in doubt. Otherwise it is made anew at the checkpoint: what
 * a former life was handed and did not acknowledge would come back only behind later messages.
 */

import type { SourceError } from "@millrace/core/Source"
import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  jetstream,
  RetentionPolicy,
  type StreamInfo
} from "@nats-io/jetstream"
import * as Effect from "effect/Effect"
import type { Settings } from "../Settings.ts"
import type { Connection } from "./connection.ts"
import { type Asked, ask, refused } from "./failure.ts"
import * as Start from "./start.ts"

export interface Ready {
  readonly consumer: Consumer
  /** Where it begins. */
  readonly start: Start.Start
  /** The number of its next delivery: what comes is complete as long as they follow one another. */
  readonly next: number
  /** Messages that it has to hand out. */
  readonly pending: number
  /** Milliseconds after which it hands out again what is not acknowledged. */
  readonly ackWait: number
}

/** Stands in the metadata of a consumer that was made here. */
const mark = "millrace"

const nanoseconds = 1_000_000

/** Of a consumer that is made. */
const ackWait = 60_000 * nanoseconds
/** For which another one holds the messages of a stream that keeps them for its consumers alone. */
const holding = 60 * 60_000 * nanoseconds

export const ready = Effect.fnUntraced(function* (
  { manager, nats }: Connection,
  asked: Asked,
  settings: Settings,
  stream: StreamInfo,
  start: Start.Start
) {
  const { consumer: name, subjects = [] } = settings
  const former = yield* find(manager.consumers, asked)
  if (former !== undefined) yield* demandPull(former, asked)
  const state = former === undefined ? undefined : stateOf(former)
  if (former !== undefined && state !== undefined && isFor(former, subjects) && Start.goesOn(start, state))
    return readyOf(jetstream(nats).consumers.getConsumerFromInfo(former), former, start)

  const from = Start.instead(start, state)
  const config: Partial<ConsumerConfig> = {
    ...kept(former),
    ...beginning(from, stream),
    durable_name: name,
    name,
    filter_subjects: [...subjects],
    metadata: { ...former?.config.metadata, [mark]: "made" }
  }
  const made = yield* ask(asked, async () => {
    const { consumers } = manager
    const keepsForConsumers = stream.config.retention === RetentionPolicy.Interest
    // Without any consumer such a stream forgets what it holds.
    const holder =
      former !== undefined && keepsForConsumers
        ? await consumers.add(asked.stream, {
            ...beginning(from, stream),
            ack_policy: AckPolicy.Explicit,
            filter_subjects: [...subjects],
            inactive_threshold: holding
          })
        : undefined
    if (former !== undefined) await consumers.delete(asked.stream, name)
    const info = await consumers.add(asked.stream, config)
    if (holder !== undefined) await consumers.delete(asked.stream, holder.name)
    return info
  })
  return readyOf(jetstream(nats).consumers.getConsumerFromInfo(made), made, from)
})

const find = (consumers: Connection["manager"]["consumers"], asked: Asked) =>
  ask(asked, () => consumers.info(asked.stream, asked.consumer)).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "no-consumer",
      () => Effect.succeed(undefined)
    )
  )

const stateOf = ({ ack_floor, config, delivered, num_ack_pending }: ConsumerInfo): Start.ConsumerState => ({
  delivered: delivered.stream_seq,
  acknowledged: ack_floor.stream_seq,
  isUsed: ack_floor.consumer_seq > 0 || config.metadata?.[mark] !== undefined,
  outstanding: num_ack_pending
})

const readyOf = (consumer: Consumer, info: ConsumerInfo, start: Start.Start): Ready => ({
  consumer,
  start,
  next: info.delivered.consumer_seq + 1,
  pending: info.num_pending,
  ackWait: (info.config.ack_wait ?? ackWait) / nanoseconds
})

/** What an operator may have chosen for a consumer stays. */
const kept = (former: ConsumerInfo | undefined): Partial<ConsumerConfig> => {
  if (former === undefined) return { ack_policy: AckPolicy.Explicit, ack_wait: ackWait, max_deliver: -1 }
  const { deliver_policy, filter_subject, opt_start_seq, opt_start_time, ...config } = former.config
  return config
}

const beginning = (start: Start.Start, { config }: StreamInfo): Partial<ConsumerConfig> => {
  // A work queue lets its consumers begin at the first message alone: what is taken already is passed over.
  if (config.retention === RetentionPolicy.Workqueue) return { deliver_policy: DeliverPolicy.All }
  if (start._tag === "Sequence" && start.sequence > 1)
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start.sequence }
  if (start._tag === "Time")
    return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: timeOf(start.time + 1n) }
  return { deliver_policy: DeliverPolicy.All }
}

const billion = 1_000_000_000n

const timeOf = (time: bigint): string => {
  const seconds = new Date(Number(time / billion) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(time % billion).padStart(9, "0")}Z`
}

const isFor = ({ config }: ConsumerInfo, subjects: ReadonlyArray<string>): boolean => {
  const own = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : [])
  return JSON.stringify([...own].sort()) === JSON.stringify([...subjects].sort())
}

const demandPull = ({ config }: ConsumerInfo, asked: Asked): Effect.Effect<void, SourceError> => {
  const fault =
    config.deliver_subject !== undefined
      ? "pushes its messages to a subject"
      : config.ack_policy !== AckPolicy.Explicit
        ? `has the acknowledgement policy ${config.ack_policy}`
        : config.headers_only === true
          ? "hands out headers alone"
          : undefined
  return fault === undefined
    ? Effect.void
    : Effect.fail(
        refused(
          "other-consumer",
          `consumer ${asked.consumer} of stream ${asked.stream} ${fault}, and Millrace pulls whole messages and acknowledges each: give another name as settings.consumer, and it is made`
        )
      )
}
