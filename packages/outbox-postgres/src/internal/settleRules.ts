/** What settlements change in the parcels that they name, one after another. */
import * as Bitmap from "@millrace/core/Bitmap"
import type { Origin, Sequence, Settlement } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import type { Changes } from "./changes.ts"
import * as Checksum from "./checksum.ts"

/** A parcel whose row is locked. */
export interface Locked extends Origin {
  readonly seq: Sequence
  readonly route: string
  readonly lane: string
  readonly track: number
  readonly events: number
  readonly size: number
  readonly codec: number
  settled: Uint8Array | null
  attempts: number
}

/** Its bytes, read only where a settlement needs them. */
export interface Content {
  readonly seq: Sequence
  readonly ends: Uint8Array
  readonly body: Uint8Array
  readonly checksum: number
}

/** The parcels of a transaction's settlements, and what becomes of them. */
export interface Parcels {
  readonly locked: Map<Sequence, Locked>
  readonly contents: ReadonlyMap<Sequence, Content>
  readonly gone: Set<Sequence>
  readonly marked: Set<Sequence>
  readonly rewritten: Map<Sequence, { readonly body: Uint8Array; readonly checksum: number }>
}

/** A copy, since offsets stand at a multiple of four, and the bytes of an answer anywhere. */
export const offsetsOf = (ends: Uint8Array): Uint32Array => new Uint32Array(new Uint8Array(ends).buffer)

/** Whether a settlement needs the bytes of its parcel. */
export const needsContent = ({ dead, erased }: Settlement): boolean => dead.length > 0 || erased !== undefined

/** Applies a settlement; returns the bytes of the parcel when that was the last of it. `unreadable` is the codec of nothing. */
export const settle = (
  parcels: Parcels,
  changes: Changes,
  settlement: Settlement,
  unreadable: number
): number => {
  const parcel = parcels.locked.get(settlement.parcel)
  if (parcel === undefined || parcels.gone.has(settlement.parcel)) return 0
  const { route, lane, events, size } = parcel
  const before = parcel.settled ?? Bitmap.empty(events)
  const { settled, delivered, dead, erased, done } = Bitmap.settle(before, events, settlement)
  bury(parcels, changes, parcel, settlement, dead, unreadable)
  const ended = delivered + dead.length + erased
  changes.count(route, "delivered", lane, delivered)
  changes.count(route, "erased", settlement.erased?.reason ?? "", erased)
  changes.count(route, "waiting", lane, -ended)
  if (done) {
    parcels.gone.add(parcel.seq)
    changes.count(route, "+bytes", lane, -size)
    return size
  }
  if (settlement.erased !== undefined) blank(parcels, parcel, settlement.erased.positions)
  parcel.settled = settled
  parcel.attempts = settlement.attempts
  parcels.marked.add(parcel.seq)
  return 0
}

const bury = (
  parcels: Parcels,
  changes: Changes,
  parcel: Locked,
  { attempts, at }: Settlement,
  dead: Settlement["dead"],
  unreadable: number
): void => {
  if (dead.length === 0) return
  const { ends, body, checksum } = parcels.contents.get(parcel.seq)!
  const offsets = offsetsOf(ends)
  // Bytes that are not what was written are kept, and read by nothing.
  const codec = Checksum.holds(checksum, body, ends) ? parcel.codec : unreadable
  const { route, lane, source, split, position: mark } = parcel
  for (const { position, reason, detail } of dead) {
    const record = body.subarray(offsets[position - 1] ?? 0, offsets[position])
    const { length } = record
    const origin = { source, split, position: mark }
    changes.dead.push({
      route,
      lane,
      reason,
      detail,
      attempts,
      at,
      ...origin,
      codec,
      length,
      kept: length,
      record
    })
    changes.count(route, "dead", reason, 1)
    changes.count("", "+dead", "", length)
  }
}

/** Bytes that are not what was written stay so. */
const blank = (parcels: Parcels, { seq }: Locked, positions: ReadonlyArray<number>): void => {
  const { ends, body: stored, checksum: written } = parcels.contents.get(seq)!
  const { body: before, checksum } = parcels.rewritten.get(seq) ?? { body: stored, checksum: written }
  const isSound = Checksum.holds(checksum, before, ends)
  const body = new Uint8Array(before)
  OutboxRules.blank({ bytes: body, ends: offsetsOf(ends) }, positions)
  parcels.rewritten.set(seq, { body, checksum: isSound ? Checksum.of(body, ends) : checksum })
}
