/**
 * What an exporter and a thread that reads for it tell each other, and a planned chunk as it crosses between them.
 */
import * as Duration from "effect/Duration"
import type { Lag, Problem, Unread } from "../../Intake.ts"
import type { OutboxError } from "../../Outbox.ts"
import { SourceError } from "../../Source.ts"
import type { Planned } from "../intake/Planner.ts"
import type { Item } from "../message/Item.ts"
import * as OwnTrack from "../message/OwnTrack.ts"
import type { Prepared } from "../message/Prepare.ts"
import type * as Sheet from "../message/Sheet.ts"

/** What a reader asks of the door of one source, to be answered. */
export type Ask =
  | { readonly method: "full" }
  | { readonly method: "store"; readonly chunk: Crossing }
  | { readonly method: "claim"; readonly split: string }
  | { readonly method: "again"; readonly failure: SourceFailure }

export type Failure = Pick<OutboxError, "reason" | "detail">

/** A `SourceError` as it crosses; `after` in milliseconds. */
export interface SourceFailure extends Pick<SourceError, "detail" | "reason" | "kind"> {
  readonly after?: number
}

export const failureOf = ({ detail, reason, kind, after }: SourceError): SourceFailure => ({
  detail,
  ...(reason === undefined ? {} : { reason }),
  ...(kind === undefined ? {} : { kind }),
  ...(after === undefined ? {} : { after: Duration.toMillis(after) })
})

export const errorOf = (failure: SourceFailure): SourceError => new SourceError(failure)

export type FromReader =
  | { readonly kind: "ask"; readonly id: number; readonly source: string; readonly ask: Ask }
  | { readonly kind: "release"; readonly source: string; readonly split: string }
  | { readonly kind: "expect"; readonly source: string; readonly bytes: number }
  | { readonly kind: "unread"; readonly source: string; readonly split: string; readonly left: Unread }
  | { readonly kind: "problems"; readonly source: string; readonly found: ReadonlyArray<Problem> }
  | { readonly kind: "lag"; readonly source: string; readonly found: Lag }
  /** All is read, or nothing more can be; `problem` says why. */
  | { readonly kind: "ended"; readonly problem: string | undefined }

export type ToReader =
  | {
      readonly kind: "start"
      readonly follow: boolean
      /** As of `Door`. */
      readonly claimsAgain: boolean
      /** Into how many tracks each lane is divided. */
      readonly tracks: number
      readonly busy: ReadonlyArray<string>
    }
  /**
   * Only with the answer to `store`: `busy`, tracks for which preparing is not worth it now, and `memory`, that of messages which
   * have ended.
   */
  | {
      readonly kind: "answer"
      readonly id: number
      readonly value?: unknown
      readonly overtaken?: Failure
      readonly busy?: ReadonlyArray<string>
      readonly memory?: ReadonlyArray<ArrayBuffer>
    }
  | { readonly kind: "lost" | "revoked"; readonly source: string; readonly split: string }
  /** The credentials of a route changed. */
  | { readonly kind: "reopen"; readonly route: string }

/** A lane, by one name. */
export const laneName = (route: string, lane: string): string => JSON.stringify([route, lane])

/** A track of a lane, by one name. */
export const trackName = (route: string, lane: string, track: number): string =>
  JSON.stringify([route, lane, track])

/** Messages in columns: a thousand small objects cost more to hand over than to make. */
interface Columns extends Pick<Prepared, "grouped" | "dead"> {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly ids: ReadonlyArray<string>
  readonly starts: Uint32Array<ArrayBuffer>
  readonly ends: Uint32Array<ArrayBuffer>
  readonly slots: Int32Array<ArrayBuffer>
  readonly positions: Uint32Array<ArrayBuffer>
  /** Only where a message has some. */
  readonly metas: ReadonlyArray<Item["meta"]> | undefined
}

export interface Crossing extends Omit<Planned, "prepared"> {
  readonly prepared: ReadonlyArray<Columns | undefined>
}

const columnsOf = ({ items, grouped, dead }: Prepared): Columns => ({
  bytes: items[0]?.sheet.bytes ?? new Uint8Array(0),
  ids: items.map(({ id }) => id),
  starts: Uint32Array.from(items, ({ start }) => start),
  ends: Uint32Array.from(items, ({ end }) => end),
  slots: Int32Array.from(items, ({ slot }) => slot),
  positions: Uint32Array.from(items, ({ position }) => position),
  metas: items.some(({ meta }) => meta !== undefined) ? items.map(({ meta }) => meta) : undefined,
  grouped,
  dead
})

const itemsOf = (
  { bytes, ids, starts, ends, slots, positions, metas }: Columns,
  recycle: Sheet.Sheet["recycle"]
): Array<Item> => {
  const sheet = { bytes, left: ids.length, recycle }
  return ids.map((id, index) => ({
    id,
    sheet,
    start: starts[index]!,
    end: ends[index]!,
    slot: slots[index]!,
    parcel: 0,
    position: positions[index]!,
    own: OwnTrack.none,
    attempts: 0,
    group: undefined,
    meta: metas?.[index]
  }))
}

/** The chunk without its messages: they are prepared again where they are sent. */
export const unprepared = (chunk: Crossing): Crossing => ({
  ...chunk,
  prepared: chunk.prepared.map(() => undefined)
})

export interface Packed {
  readonly chunk: Crossing
  /** The memory to be handed over with it: that of its messages is no longer here. */
  readonly transfer: ReadonlyArray<ArrayBuffer>
  /** Takes such memory for the messages to come. */
  readonly recycle: Sheet.Sheet["recycle"]
}

export const pack = ({ entry, prepared, consumed, read }: Planned): Packed => {
  const columns = prepared.map((given) => (given === undefined ? undefined : columnsOf(given)))
  const parcels = entry.parcels.map((parcel) => {
    const { bytes, ends } = parcel.records
    return {
      ...parcel,
      records: { ...parcel.records, bytes: new Uint8Array(bytes), ends: new Uint32Array(ends) }
    }
  })
  return {
    chunk: { entry: { ...entry, parcels }, prepared: columns, consumed, read },
    transfer: [
      ...parcels.flatMap(({ records: { bytes, ends } }) => [bytes.buffer, ends.buffer]),
      ...columns.flatMap((given) => (given === undefined ? [] : [given.bytes.buffer]))
    ],
    recycle: prepared.find((given) => given?.items[0] !== undefined)?.items[0]?.sheet.recycle ?? (() => {})
  }
}

/** `recycle` is told of the memory whose messages have all ended. */
export const unpack = (
  { entry, prepared, consumed, read }: Crossing,
  recycle: Sheet.Sheet["recycle"]
): Planned => ({
  entry,
  consumed,
  read,
  prepared: prepared.map((columns) =>
    columns === undefined
      ? undefined
      : { items: itemsOf(columns, recycle), grouped: [...columns.grouped], dead: columns.dead }
  )
})
