/** Reads a stream from its checkpoint on: pulled in batches, appended in chunks, acknowledged when they are durable. */

import type { Event } from "@millrace/core/Event"
import type { Claim, Intake, Checkpoint as Text } from "@millrace/core/Intake"
import * as Log from "@millrace/core/Log"
import { type RunOptions, SourceError } from "@millrace/core/Source"
import * as ChunkBuilder from "@millrace/formats/ChunkBuilder"
import type { JsMsg, StreamInfo } from "@nats-io/jetstream"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Credentials, Settings } from "../Settings.ts"
import * as Checkpoint from "./checkpoint.ts"
import * as Connection from "./connection.ts"
import * as Consumer from "./consumer.ts"
import { type Asked, ask } from "./failure.ts"
import type { Format } from "./format.ts"
import * as Held from "./held.ts"
import * as Pull from "./pull.ts"
import * as Records from "./records.ts"
import * as Start from "./start.ts"
import * as Watch from "./watch.ts"

export interface Options<E extends Event> {
  readonly settings: Settings
  readonly credentials: Credentials
  readonly format: Format<E>
  readonly intake: Intake<E>
  readonly run: RunOptions
}

/** How long an event waits for others of its chunk, in milliseconds; and how long all of a chunk may. */
const linger = { next: 10, chunk: 100 }

/** For whoever has claimed the stream. Ends when it is wanted elsewhere, and without `follow` when nothing is left. */
export const read = Effect.fnUntraced(function* <E extends Event>(
  options: Options<E>,
  after: Option.Option<Text>,
  claim: Claim
) {
  const { credentials, run, settings } = options
  const asked = Connection.askedOf(settings)
  const taken = yield* takenOf(after, asked)
  const connection = yield* Connection.open(settings, credentials)
  const stream = yield* ask(asked, () => connection.manager.streams.info(settings.stream))
  const found = Start.startOf(taken, yield* stateOf(connection, asked, stream, taken))
  if (found.warning !== undefined) yield* Log.write("input-noticed", found.warning)
  const ready = yield* Consumer.ready(connection, asked, settings, stream, found.start)
  if (!run.follow && ready.pending === 0) return yield* options.intake.lag({ count: 0 })

  const held = Held.make()
  const last = run.follow ? Infinity : stream.state.last_seq
  const pulling = Effect.andThen(Pull.run({ ready, asked, held, last }), Effect.never)
  const renewing = Effect.forever(
    Effect.andThen(
      Effect.sleep(Math.max(100, ready.ackWait / 3)),
      Effect.sync(() => held.renew())
    )
  )
  const revoked = Effect.andThen(
    claim.revoked,
    Effect.andThen(
      Effect.sync(() => held.drop()),
      Effect.never
    )
  )
  yield* Effect.raceAllFirst([
    take(options, stream.created, ready.start, held),
    pulling,
    renewing,
    Watch.run({ look: Watch.lookAt(connection, settings, ready), held, tell: options.intake.lag }),
    revoked,
    connection.broken
  ])
}, Effect.scoped)

// internal

const takenOf = (after: Option.Option<Text>, { stream }: Asked) => {
  if (Option.isNone(after)) return Effect.succeed(undefined)
  const taken = Checkpoint.parse(after.value)
  return taken === undefined
    ? Effect.fail(
        new SourceError({
          detail: `stream ${stream}: its checkpoint was written by another version of @millrace/source-nats; use that version`
        })
      )
    : Effect.succeed(taken)
}

/** Asks, beside what it is told of the stream, for the message at the checkpoint: by its time the stream is known again. */
const stateOf = Effect.fnUntraced(function* (
  { manager }: Connection.Connection,
  asked: Asked,
  { config, created, state }: StreamInfo,
  taken: Checkpoint.Taken | undefined
) {
  const isThere =
    taken !== undefined &&
    taken.created === created &&
    taken.sequence >= state.first_seq &&
    taken.sequence <= state.last_seq
  const message = isThere
    ? yield* ask(asked, () => manager.streams.getMessage(asked.stream, { seq: taken.sequence }))
    : null
  return {
    name: asked.stream,
    created,
    first: state.first_seq,
    last: state.last_seq,
    keeps: config.retention === "limits",
    stored: message === null ? undefined : nanosecondsOf(message.timestamp)
  }
})

/** As an acknowledgement's subject has it, from `2026-11-29T13:11:26.123456789Z`. */
const nanosecondsOf = (timestamp: string): bigint => {
  const [seconds = "", fraction = ""] = timestamp.replace(/Z$/, "").split(".")
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"))
}

/** Makes chunks of what is held, appends them, and acknowledges what they came from. */
const take = Effect.fnUntraced(function* <E extends Event>(
  { format, intake, settings }: Options<E>,
  created: string,
  start: Start.Start,
  held: Held.Held
) {
  const builder = ChunkBuilder.make<E>({ codec: format.lines.codec.name, parameter: "" })
  const records = Records.make(format.lines, builder)
  let begun = 0
  let consumed = 0

  const flush = (message: JsMsg, taken?: number) => {
    const chunk = {
      ...builder.build(),
      split: settings.stream,
      checkpoint: Checkpoint.format({
        sequence: message.seq,
        records: taken,
        time: message.timestampNanos,
        created
      }),
      consumed
    }
    consumed = 0
    return Effect.andThen(
      intake.append(chunk),
      Effect.sync(() => held.acknowledge())
    )
  }

  let last: JsMsg | undefined
  for (;;) {
    const message = held.next()
    if (message !== undefined) {
      const { data, seq: sequence } = message
      const taken = Start.recordsTaken(start, sequence, () => message.timestampNanos)
      if (taken === Infinity) {
        held.onWhole()
        if (builder.count() === 0) held.acknowledge()
        continue
      }
      const payload = {
        sequence,
        bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
        taken
      }
      if (!records.takeOne(payload)) {
        // What it holds may be more than a chunk by itself.
        if (last !== undefined && builder.count() > 0) yield* flush(last)
        const reading = records.read(payload)
        while (reading.walk()) yield* flush(message, reading.taken())
      }
      consumed += data.length
      held.onWhole()
      last = message
      if (builder.isFull()) yield* flush(message)
      continue
    }
    if (last === undefined || builder.count() === 0) {
      held.acknowledge()
      if (held.isOver()) return
      yield* held.any
      begun = yield* Clock.currentTimeMillis
      continue
    }
    const isDue = held.isOver() || (yield* Clock.currentTimeMillis) - begun >= linger.chunk
    if (isDue || Option.isNone(yield* Effect.timeoutOption(held.any, linger.next))) yield* flush(last)
  }
})
