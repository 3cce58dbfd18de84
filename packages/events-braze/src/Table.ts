/**
 * Currents events as rows of a table, such as the Parquet files that a job makes of a Currents export: a column for each field
 * of the export's Avro, with its name.
 *
 * @since 1.0.0
 */
import type { Unreadable } from "@millrace/core/Codec"
import * as Result from "effect/Result"

/**
 * A row by the names of its columns, with a `Date` for a time.
 *
 * @since 1.0.0
 * @category models
 */
export interface Row {
  readonly [column: string]: unknown
}

/**
 * What a row becomes: an object whose JSON is a record of `braze-json/1`.
 *
 * @since 1.0.0
 * @category models
 */
export interface Rows {
  readonly lineOf: (row: Row) => Result.Result<unknown, Unreadable>
}

/**
 * Reads the rows of a table with these columns, which stands at this path, or tells why it holds no Currents events. The
 * event's type is that of the column `event_type`, or of the folder `event_type=` in the path.
 *
 * @since 1.0.0
 * @category constructors
 */
export const rows = (
  columns: ReadonlyArray<string>,
  path: string
): Result.Result<Rows, { readonly detail: string }> => {
  const missing = ["id", "time"].find((name) => !columns.includes(name))
  if (missing !== undefined) return Result.fail({ detail: `there is no column ${missing}` })
  const folder = typeIn(path)
  if (folder === undefined && !columns.includes("event_type")) {
    return Result.fail({ detail: "there is no column event_type, and no folder event_type= in the path" })
  }
  return Result.succeed({
    lineOf: (row) => Result.succeed({ event_type: row["event_type"] ?? folder, record: inNumbers(row) })
  })
}

// internal

const typeIn = (path: string): string | undefined => {
  const [, name] = /(?:^|\/)event_type=([^/]+)\//.exec(path) ?? []
  // Hive's way to write what cannot stand in a name.
  return name?.replace(/%([\da-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16))
  )
}

/** Currents has its times in seconds and in milliseconds. */
const inNumbers = (row: Row): Row => {
  const { time, time_ms } = row
  if (!(time instanceof Date || time_ms instanceof Date)) return row
  return {
    ...row,
    time: time instanceof Date ? time.getTime() / 1000 : time,
    time_ms: time_ms instanceof Date ? time_ms.getTime() : time_ms
  }
}
