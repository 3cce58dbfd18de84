/**
 * The form in which a route's events are stored: the source's own bytes, or, where the route changes events at the
 * intake, the changed events alone.
 */
import * as Codec from "../Codec.ts"
import type { Event } from "../Event.ts"
import type { Buried } from "../Outbox.ts"
import type { Route } from "../Route.ts"
import type { Failed, Leaving } from "./Plan.ts"

/** The codec's parameter of records that were changed at the intake: they are not to be changed there again. */
const changedMark = "changed"

export const isChanging = ({ intake }: Route): boolean => intake !== undefined && intake.length > 0

/** Whether these records hold events as a route's intake left them. */
export const isChanged = ({ codec, parameter }: Pick<Codec.Records, "codec" | "parameter">): boolean =>
  codec === Codec.event.name && parameter === changedMark

const encode = (events: ReadonlyArray<Event>): Codec.Records => ({
  ...Codec.encodeEvents(events),
  parameter: changedMark
})

/** `records` are the chunk's. */
export const recordsOf = (
  { positions, stored }: Leaving,
  route: Route,
  records: Codec.Records
): Codec.Records =>
  isChanging(route) && !isChanged(records) ? encode(stored) : Codec.select(records, positions)

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

const keptOf = (stored: Event | undefined): Pick<Codec.Records, "bytes" | "codec" | "parameter"> =>
  stored === undefined ? { bytes: new Uint8Array(0), codec: "", parameter: "" } : encode([stored])
