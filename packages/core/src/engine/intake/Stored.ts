/**
 * The form in which a route's events are stored: the source's own bytes, or, where the route changes events at the
 * intake, the changed events alone.
 */
import * as Result from "effect/Result"
import * as Codec from "../../Codec.ts"
import type { Event } from "../../Event.ts"
import type { Chunk } from "../../Intake.ts"
import type { Buried } from "../../Outbox.ts"
import type { Route } from "../../Route.ts"
import { changed, isChanged, isChanging } from "../message/Change.ts"
import type { Failed, Leaving } from "./Plan.ts"

/**
 * The chunk of a source that has no bytes with the records that are stored. What cannot be written becomes a bad record of
 * its own, and there is nothing to keep of it.
 */
export const withRecords = (chunk: Chunk<Event>): Chunk<Event> & { readonly records: Codec.Records } => {
  const { records } = chunk
  if (records !== undefined) return { ...chunk, records }
  const events: Array<Event> = []
  const texts: Array<string> = []
  const malformed = [...chunk.malformed]
  for (const [index, event] of chunk.events.entries()) {
    const written = Codec.encodeEvent(event)
    if (Result.isSuccess(written)) {
      events.push(event)
      texts.push(written.success)
    } else malformed.push({ ...written.failure, position: `event ${index + 1} of a chunk`, raw: nothing })
  }
  return { ...chunk, events, malformed, records: Codec.join(texts) }
}

const nothing = new Uint8Array(0)

/** `records` are the chunk's. */
export const recordsOf = (
  { positions, stored }: Leaving,
  route: Route,
  records: Codec.Records
): Codec.Records =>
  isChanging(route) && !isChanged(records) ? changed(stored) : Codec.select(records, positions)

/** A dead letter of an event at which the route failed; without a record where nothing may be kept. */
export const buryFailed = (
  { position, reason, detail, stored }: Failed,
  route: Route,
  records: Codec.Records
): Buried => {
  const kept = isChanging(route) && !isChanged(records) ? keptOf(stored) : Codec.select(records, [position])
  const { bytes: record, codec, parameter } = kept
  return { routes: [route.name], reason, detail, record, codec, parameter }
}

const keptOf = (stored: string | undefined): Pick<Codec.Records, "bytes" | "codec" | "parameter"> =>
  stored === undefined ? { bytes: nothing, codec: "", parameter: "" } : changed([stored])
