/** The formats that settings choose among. */
import type { Settings } from "../Settings.ts"
import type { Format } from "./format.ts"
import * as Ndjson from "./ndjson.ts"
import * as Parquet from "./parquet.ts"

export const of = ({ compression, format }: Pick<Settings, "compression" | "format">): Format => {
  if (format === "parquet") return compression === "none" ? Parquet.plain : Parquet.snappy
  return compression === "gzip" ? Ndjson.gzipped : Ndjson.plain
}
