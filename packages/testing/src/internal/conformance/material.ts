/** Events to send, made of the author's samples, and the batches they would be sent in. */
import type { Opened } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import * as Policy from "@millrace/core/Policy"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Flaw } from "./proof.ts"

/** An id in the form of a UUID, all of one length so that none stands within another. */
const idOf = (index: number): string => `c0f02a6e-0000-4000-8000-${index.toString(16).padStart(12, "0")}`

/** The sample with an id of its own. */
export const renew = <E extends Event>(sample: E, index: number): E => ({ ...sample, id: idOf(index) })

/** The lane of the first sample that goes to one that is open. */
export const mainLane = <E extends Event>(
  opened: Opened<E>,
  samples: ReadonlyArray<E>
): Effect.Effect<string, Flaw> => {
  const held = new Set(opened.lanes.flatMap(({ held, name }) => (held === undefined ? [] : [name])))
  const lanes = samples.flatMap((sample) => {
    const assignment = opened.assign(sample)
    return assignment._tag === "To" && !held.has(assignment.lane) ? [assignment.lane] : []
  })
  const [lane] = lanes
  return lane === undefined
    ? Effect.fail(new Flaw({ detail: "no sample event is assigned to an open lane: give one that is sent" }))
    : Effect.succeed(lane)
}

export const textOf = (message: Message.Message<unknown>): string =>
  new TextDecoder().decode(Message.bytesOf(message))

export const messageOf = <E extends Event>(
  opened: Opened<E>,
  lane: string,
  event: E
): Effect.Effect<Message.Message<unknown>, Flaw> =>
  Effect.suspend(() =>
    Effect.fromResult(
      Result.mapError(
        opened.prepare([event], lane),
        ({ reason }) => new Flaw({ detail: `a sample event of type ${event.type} is rejected: ${reason}` })
      )
    )
  )

/**
 * By what an event is found in a request: its id, or that of its message, or all of its message. What stands in its meta
 * may be sent too, in the path.
 */
export const markOf = (event: Event, message: Message.Message<unknown>): string => {
  const text = textOf(message)
  const said = text + (JSON.stringify(message.meta) ?? "")
  return [event.id, message.id].find((id) => said.includes(id)) ?? text
}

/** As the core opens it: with as much of an answer to be read as the limits may need. */
export const connect = <E extends Event>({ connect, limits }: Opened<E>, lane: string) =>
  Effect.provideService(connect(lane), Policy.AnswerBytes, Policy.answerBytes(limits.events))

/** As the core puts it together. */
export const batchOf = <E extends Event>(
  opened: Opened<E>,
  lane: string,
  events: ReadonlyArray<E>,
  envelope?: Message.Envelope
): Effect.Effect<Message.Batch, Flaw> =>
  Effect.map(
    Effect.forEach(events, (event) => messageOf(opened, lane, event)),
    (messages) => Message.batch(lane, messages, envelope)
  )
