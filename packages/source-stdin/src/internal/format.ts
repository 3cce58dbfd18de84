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
  /** The line as an event. */
  readonly decode: (line: Buffer) => Result.Result<E, Codec.Unreadable>
  /** Takes a line that is no event by itself, or says that it cannot. */
  readonly takeOther: (line: Buffer, position: string, gather: Gather<E>) => boolean
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
  // A line may hold a whole request of Custom HTTP: its events are taken one by one.
  takeOther: (line, position, gather) => {
    if (!/^\s*\{\s*"events"\s*:\s*\[/.test(line.toString("latin1", 0, 64))) return false
    const items = Result.getOrElse(CustomHttp.decodeEnvelope(line), () => [])
    for (const [index, { result, value }] of items.entries()) {
      const record = Buffer.from(JSON.stringify(value))
      if (Result.isSuccess(result)) gather.add(result.success, record)
      else gather.bury({ ...result.failure, position: `${position}, event ${index + 1}`, raw: record })
    }
    return true
  }
}
