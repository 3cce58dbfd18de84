/** The way of an event to a message, stage by stage, through public interfaces. */
import { Codec } from "@millrace/core"
import { Braze, type BrazeEvent } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { destination } from "../subjects/exporter.ts"
import { given } from "../subjects/given.ts"
import { type CurrentsEvent, chunks, read } from "./chunks.ts"
import { cpu } from "./cpu.ts"

/** Made ready once; each call is a round, and yields microseconds of CPU per event. */
export type Stage = () => Promise<() => Promise<number>>

/** Reads the files, decodes them and gathers chunks. */
export const reading: Stage = async () => async () => {
  let events = 0
  const took = await cpu(() =>
    read(given.input, (chunk) => {
      events += chunk.events.length
    })
  )
  return took / events
}

/** Reads stored records back into events. */
export const decoding: Stage = async () => {
  const stored = (await chunks(given.input)).map(({ records }) => records)
  const codecs = new Map(Braze.catalogue.codecs.map((codec) => [codec.name, codec]))
  return async () => {
    let events = 0
    const took = await cpu(() => {
      for (const { bytes, codec, ends, parameter } of stored) {
        const decode = (codecs.get(codec) ?? Codec.event).decoder(parameter)
        for (let i = 0; i < ends.length; i++)
          if (Result.isSuccess(decode(bytes, ends[i - 1] ?? 0, ends[i]!))) events++
      }
    })
    return took / events
  }
}

/** What the intake asks of an event: whether it is selected and valid, and where it goes. */
export const assigning: Stage = async () => {
  const { assign } = await opened
  const events = (await chunks(given.input)).flatMap((chunk) => chunk.events)
  return async () => {
    let assigned = 0
    const took = await cpu(() => {
      for (const event of events)
        if (isSelected(event) && Braze.catalogue.valid(event) && assign(event)._tag === "To") assigned++
    })
    if (assigned === 0) throw new Error("no event of the sample goes anywhere")
    return took / events.length
  }
}

/** An event becomes a message. */
export const preparing: Stage = async () => {
  const { prepare } = await opened
  const leaving = await assigned()
  return async () => {
    const took = await cpu(() => {
      for (const { event, lane } of leaving) Result.getOrThrow(prepare([event], lane))
    })
    return took / leaving.length
  }
}

/** The same, and the message is written into a buffer. */
export const writing: Stage = async () => {
  const { prepare } = await opened
  const leaving = await assigned()
  const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
  return async () => {
    let end = 0
    const took = await cpu(() => {
      for (const { event, lane } of leaving) {
        const message = Result.getOrThrow(prepare([event], lane))
        const text = "json" in message ? JSON.stringify(message.json) : ""
        if (end + text.length * 3 > buffer.length) end = 0
        end += buffer.write(text, end)
      }
    })
    return took / leaving.length
  }
}

// internal

const opened = Effect.runPromise(destination.open)

const isSelected = (event: CurrentsEvent): event is BrazeEvent =>
  destination.selection?.has(event.type) ?? Braze.typeNames.has(event.type)

const assigned = async () => {
  const { assign } = await opened
  const events = (await chunks(given.input)).flatMap((chunk) => chunk.events).filter(isSelected)
  return events.flatMap((event) => {
    const assignment = assign(event)
    return assignment._tag === "To" ? [{ event, lane: assignment.lane }] : []
  })
}
