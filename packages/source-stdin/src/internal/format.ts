/** What a line of standard input holds. */
import * as Catalogue from "@millrace/core/Catalogue"
import * as Codec from "@millrace/core/Codec"
import type { Event, UnknownEvent } from "@millrace/core/Event"
import { Braze, type BrazeEvent, CustomHttp } from "@millrace/events-braze"
import * as Result from "effect/Result"
import { problemOf } from "./eventShape.ts"
import type { Gather } from "./gather.ts"

export interface Format<E extends Event> {
  readonly catalogue: Catalogue.Catalogue<E>
  /** Name of the codec that reads its records. */
  readonly codec: string
  /** The record as an event. */
  readonly decode: (record: Buffer) => Result.Result<E, Codec.Unreadable>
  /** Takes a record that is no event by itself, or says that it cannot. */
  readonly takeOther: (record: Buffer, position: string, gather: Gather<E>) => boolean
}

const decodeEvent = Codec.event.decoder("")

export const event: Format<Event> = {
  catalogue: Catalogue.any,
  codec: Codec.event.name,
  decode: (line) =>
    Result.flatMap(decodeEvent(line, 0, line.length), (decoded) => {
      const detail = problemOf(decoded)
      return detail === undefined ? Result.succeed(decoded) : Result.fail({ reason: "not-an-event", detail })
    }),
  takeOther: () => false
}

const decodeBraze = CustomHttp.codec.decoder("")

export const brazeCurrents: Format<BrazeEvent | UnknownEvent> = {
  catalogue: Braze.catalogue,
  codec: CustomHttp.codec.name,
  decode: (line) => decodeBraze(line, 0, line.length),
  // A whole request of Custom HTTP: its events are taken one by one, each with its own bytes.
  takeOther: (record, position, gather) =>
    CustomHttp.takeRequest(record, 0, record.length, {
      add: (event, start, end) => gather.add(event, record.subarray(start, end)),
      bury: (why, start, end, number) =>
        gather.bury({
          ...why,
          position: number === undefined ? position : `${position}, event ${number}`,
          raw: Buffer.from(record.subarray(start, end))
        })
    })
}
