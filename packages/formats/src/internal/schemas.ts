/** Many splits share few schemas, and what reads the records of one is dear to make. */
import type { Event } from "@millrace/core/Event"
import type { Format } from "../Format.ts"

const most = 500

/** The same format, which makes what it has for a schema once. */
export const remember = <E extends Event>(format: Format<E>): Format<E> => {
  const { avro } = format
  if (avro === undefined) return format
  const known = new Map<string, ReturnType<typeof avro>>()
  return {
    ...format,
    avro: (schema) => {
      const records = known.get(schema) ?? avro(schema)
      if (known.size >= most) known.clear()
      known.set(schema, records)
      return records
    }
  }
}
