/** Looks at the stream again and again: tells how far behind it is read, and of messages that went before they were read. */
import type { Lag } from "@millrace/core/Intake"
import * as Log from "@millrace/core/Log"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type { Settings } from "../Settings.ts"
import { askedOf, type Connection } from "./connection.ts"
import type { Ready } from "./consumer.ts"
import { ask } from "./failure.ts"
import type { Held } from "./held.ts"
import * as Start from "./start.ts"

/** The stream, and its consumer, at one moment. */
export interface Look extends Pick<Start.StreamState, "first" | "keeps" | "name"> {
  /** Messages that the consumer handed out and waits for, and those that it has to hand out. */
  readonly ahead: number
}

export interface Options {
  readonly look: Effect.Effect<Look, SourceError>
  readonly held: Pick<Held, "last" | "oldest">
  readonly tell: (lag: Lag) => Effect.Effect<void>
}

/** How long it is left alone: what is told of a stream that is read would soon be wrong. */
const rests = { behind: "2 seconds", caughtUp: "10 seconds" } as const

/** Never ends by itself. */
export const run = Effect.fnUntraced(function* ({ held, look, tell }: Options) {
  /** All up to this sequence is read, or known to be gone. */
  let known = 0
  for (;;) {
    // Before the question: what comes meanwhile is no gap.
    known = Math.max(known, held.last())
    const { ahead, first, keeps, name } = yield* look
    const oldest = held.oldest()
    yield* tell({ count: ahead, ...(oldest === undefined ? {} : { oldest }) })
    const warning = known === 0 ? undefined : Start.gap({ name, first, keeps }, known + 1)
    if (warning !== undefined) {
      yield* Log.write("input-noticed", warning)
      known = first - 1
    }
    yield* Effect.sleep(ahead === 0 ? rests.caughtUp : rests.behind)
  }
})

/** Asks the server: two requests. */
export const lookAt = (
  { manager }: Connection,
  settings: Settings,
  { consumer }: Ready
): Effect.Effect<Look, SourceError> =>
  ask(askedOf(settings), async () => {
    const info = await consumer.info()
    const { config, state } = await manager.streams.info(settings.stream)
    return {
      name: settings.stream,
      ahead: info.num_ack_pending + info.num_pending,
      first: state.first_seq,
      // Of single subjects nobody knows whether any of what went was theirs.
      keeps: config.retention === "limits" && settings.subjects === undefined
    }
  })
