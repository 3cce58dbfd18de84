/**
 * What the bytes hold. The frames are read here (containers, tables, lines, gzip); what a record means is told by a catalogue
 * package, and handed in as a `Format`.
 *
 * @since 1.0.0
 */
import type { Codec, Unreadable } from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import type { Split } from "@millrace/core/Intake"
import type { Result } from "effect/Result"

/**
 * Where the events of one object go, and what in it is none, with its number from 1 or without one.
 *
 * @since 1.0.0
 * @category models
 */
export interface Taker<in E extends Event = Event> {
  /** The event whose record stands at `[start, end)`. */
  readonly add: (event: E, start: number, end: number) => void
  readonly bury: (why: Unreadable, start: number, end: number, number: number | undefined) => void
}

/**
 * JSON in lines: an event each.
 *
 * @since 1.0.0
 * @category models
 */
export interface Lines<E extends Event = Event> {
  /** Reads one object as an event. It takes no parameter. */
  readonly codec: Codec<E>
  /** Takes an object that is no event by itself but holds some, such as a request; `false`, with nothing taken, for any other. */
  readonly takeOther?: (bytes: Buffer, start: number, end: number, taker: Taker<E>) => boolean
  /** Text that every event holds. By it a file is known whose first lines are none of JSON. */
  readonly signature?: string
}

/**
 * The records of one Avro schema. `codec` and `parameter` name what reads a stored one again.
 *
 * @since 1.0.0
 * @category models
 */
export interface AvroRecords<out E extends Event = Event> {
  readonly codec: string
  readonly parameter: string
  /** The record at `start`, and where it ends: `undefined` where the bytes are damaged. Never throws. */
  readonly read: (
    bytes: Uint8Array,
    start: number
  ) => { readonly result: Result<E, Unreadable>; readonly end: number | undefined }
}

/**
 * A row of a table by the names of its columns: texts, numbers, truths, `Date` for a time, and lists and objects of
 * these, in which `null` is an absent value. A column without a value is left out.
 *
 * @since 1.0.0
 * @category models
 */
export interface Row {
  readonly [column: string]: unknown
}

/**
 * The rows of a table, such as a Parquet file. A row is stored as the JSON of a line, and read as one.
 *
 * @since 1.0.0
 * @category models
 */
export interface Rows {
  /** The columns that are read; all of them without it. */
  readonly columns?: ReadonlyArray<string>
  /** What the line holds whose event the row is. */
  readonly lineOf: (row: Row) => Result<unknown, Unreadable>
}

/**
 * What is read of a split. Whether it is Avro, Parquet or lines, and packed or not, is told by its first bytes.
 *
 * @since 1.0.0
 * @category models
 */
export interface Format<E extends Event = Event> {
  readonly lines: Lines<E>
  /** What reads the records of a writer schema, or why nothing does. Asked once for each container. Left out, no Avro is read. */
  readonly avro?: (schema: string) => Result<AvroRecords<E>, { readonly detail: string }>
  /**
   * What reads the rows of a table with these columns, or why nothing does. Asked once for each split. Left out, no Parquet is
   * read.
   */
  readonly rows?: (columns: ReadonlyArray<string>, split: Split) => Result<Rows, { readonly detail: string }>
  /** The reason of the dead letter that a split of another format becomes, such as `not-currents`. */
  readonly otherwise: string
}
