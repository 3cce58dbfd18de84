/**
 * A stored parcel turned into messages again: decoded, changed by today's route, prepared; never assigned, since an
 * event leaves by the lane it was given.
 */
import * as Result from "effect/Result"
import * as Bitmap from "../../Bitmap.ts"
import type { Catalogue } from "../../Catalogue.ts"
import * as Codec from "../../Codec.ts"
import type { Opened } from "../../Destination.ts"
import type { Parcel } from "../../Outbox.ts"
import type { Route } from "../../Route.ts"
import { change, isChanged } from "./Change.ts"
import * as MessageBuffer from "./MessageBuffer.ts"
import { defectDetail, type Ended, type Placed, type Prepared, prepareParcel } from "./Prepare.ts"

export type Decoders = (codec: string, parameter: string) => Codec.Decoder | undefined

/** Decoders made once for each codec and parameter; `undefined` for a codec that nothing here knows. */
export const decoders = (catalogues: ReadonlyArray<Catalogue>): Decoders => {
  const codecs = new Map(
    [Codec.event, ...catalogues.flatMap(({ codecs }) => codecs)].map((codec) => [codec.name, codec])
  )
  const made = new Map<string, Codec.Decoder>()
  return (name, parameter) => {
    const key = `${name} ${parameter}`
    const known = made.get(key)
    if (known !== undefined) return known
    const decoder = decoderOf(codecs.get(name), parameter)
    if (decoder !== undefined) made.set(key, decoder)
    return decoder
  }
}

/** What is stored with a parameter that its codec takes no more cannot be read: that is no reason to stop. */
const decoderOf = (codec: Codec.Codec | undefined, parameter: string): Codec.Decoder | undefined => {
  try {
    return codec?.decoder(parameter)
  } catch {
    return () =>
      Result.fail({ reason: "malformed", detail: `${codec?.name} cannot read what it was stored with` })
  }
}

export type ReadBack = (parcel: Parcel) => Prepared

const damage =
  "the outbox gave back other bytes than it was given: check the disk, then read the range of the source again with `millrace replay`"

export const make = (route: Route, opened: Opened, lane: string, decode: Decoders): ReadBack => {
  const buffer = MessageBuffer.make()
  return ({ damaged, records, settled, attempts }) => {
    const decoder = damaged ? undefined : decode(records.codec, records.parameter)
    // What was stored before the route changed anything at the intake is changed now.
    const steps = isChanged(records) ? route.changes : [...(route.intake ?? []), ...route.changes]
    const placed: Array<Placed> = []
    const dead: Array<Ended> = []
    for (let position = 0; position < records.ends.length; position++) {
      if (Bitmap.has(settled, position)) continue
      const end = (reason: string, detail: string) => dead.push({ position, reason, detail })
      const [from, to] = [records.ends[position - 1] ?? 0, records.ends[position]!]
      try {
        const decoded = decoder?.(records.bytes, from, to)
        if (damaged) end("damaged-record", damage)
        else if (decoded === undefined)
          end("unknown-codec", `nothing installed reads ${records.codec}; install its package, then replay`)
        else if (Result.isFailure(decoded)) end(decoded.failure.reason, decoded.failure.detail)
        else {
          const event = change(steps, decoded.success)
          if ("filtered" in event) {
            end(event.filtered, "the route leaves it out now")
            continue
          }
          if ("refused" in event) {
            end(event.refused, event.detail)
            continue
          }
          // Asked for the group alone.
          const assignment = opened.assign(event)
          const group = assignment._tag === "To" ? assignment.group : undefined
          placed.push({ event, position, group, bytes: to - from })
        }
      } catch (cause) {
        end("defect", defectDetail("reading back", cause))
      }
    }
    const prepared = prepareParcel(opened, lane, route.ordering, placed, attempts, buffer)
    return { ...prepared, dead: [...dead, ...prepared.dead] }
  }
}
