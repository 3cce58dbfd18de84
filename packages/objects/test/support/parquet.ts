/** Events of Currents as the rows of a Parquet file. */
import type { Sample } from "@millrace/events-braze"
import { parquetWriteBuffer } from "hyparquet-writer"

type Row = Readonly<Record<string, unknown>>

/** One row as an export's Avro has its fields; `event_type` is a column unless it is left to the path. */
export const rowOf = (event: ReturnType<Sample.Sample["event"]>): Row => {
  const { id, properties, time, type, user } = event
  const { deviceId, externalId, sourceId, timezone } = user
  const people = { user_id: sourceId, external_user_id: externalId, device_id: deviceId, timezone }
  return { event_type: type, id, time: Math.floor(time / 1000), ...people, ...properties }
}

/** A file of these rows, texts as texts and numbers as whole numbers or doubles. */
export const file = (rows: ReadonlyArray<Row>, rowGroupSize = 300): Buffer => {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const columnData = names.map((name) => {
    const values = rows.map((row) => row[name] ?? null)
    const isWhole = values.every((value) => value === null || Number.isInteger(value))
    const isText = values.some((value) => typeof value === "string")
    const isTruth = values.some((value) => typeof value === "boolean")
    const type = isText ? "STRING" : isTruth ? "BOOLEAN" : isWhole ? "INT64" : "DOUBLE"
    const data = values.map((value) =>
      value === null
        ? null
        : type === "STRING"
          ? String(value)
          : type === "INT64"
            ? BigInt(Number(value))
            : value
    )
    return { name, data, type, nullable: true } as const
  })
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize, pageSize: 2048 }))
}
