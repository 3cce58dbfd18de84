/** NDJSON: an event a line, as in core's `event/1`. */
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import type { Event } from "@millrace/core/Event"
import type { Format } from "./format.ts"
import { serialize } from "./serialize.ts"

const lineOf = ({ id, properties, time, type, user }: Event): string =>
  `{"id":${serialize(id)},"type":${serialize(type)},"time":${JSON.stringify(time)},"user":${serialize(user)},"properties":${serialize(properties)}}`

export const plain: Format = {
  extension: "ndjson",
  lineOf,
  encode: (lines) => Buffer.concat(lines)
}

const compress = promisify(gzip)

export const gzipped: Format = {
  extension: "ndjson.gz",
  lineOf,
  encode: (lines) => compress(Buffer.concat(lines))
}
