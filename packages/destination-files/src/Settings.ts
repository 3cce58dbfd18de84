/**
 * The settings of a files destination.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const mebibyte = 1024 * 1024

const Limits = Schema.Struct({
  messages: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))
    .annotate({
      description: "Events of a batch, which becomes a file for each of its folders; at most 100000."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(10_000))),
  bytes: Schema.Int.check(Schema.isBetween({ minimum: 1024, maximum: 64 * mebibyte }))
    .annotate({
      description:
        "Bytes of a batch before it is compressed, at most 67108864; a larger event is a dead letter."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(8 * mebibyte)))
}).annotate({ description: "The most that one write takes." })

const PartitionBy = Schema.Array(Schema.Literals(["type", "date", "hour"]))
  .annotate({
    description:
      "The levels of folders, in their order: `type` of the event, `date` and `hour` (UTC) of its time; `[]` for none."
  })
  .check(
    Schema.makeFilter((levels: ReadonlyArray<"type" | "date" | "hour">) => {
      if (new Set(levels).size < levels.length) return "expected each level once"
      const isLost = levels.includes("hour") && !levels.slice(0, levels.indexOf("hour")).includes("date")
      return !isLost || "expected date before hour"
    })
  )

/**
 * The settings, as a file or code gives them. Strict: an unknown one is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  path: Schema.NonEmptyString.annotate({
    description:
      "The folder that the files go to, made if need be; of one route alone. Relative to the working directory."
  }).check(Schema.makeFilter((path) => !path.includes("\0") || "expected a path without NUL")),
  format: Schema.Literals(["ndjson", "parquet"])
    .annotate({ description: "`ndjson`: the JSON of one event a line. `parquet`: a row for each event." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("ndjson"))),
  compression: Schema.optionalKey(
    Schema.Literals(["none", "gzip", "snappy"]).annotate({
      description:
        "`none` or `gzip` for `ndjson`, `none` or `snappy` for `parquet`. By default `none` for `ndjson` and `snappy` for `parquet`."
    })
  ),
  partitionBy: PartitionBy.pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(["type", "date", "hour"] as const))
  ),
  limits: Limits.pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
}).check(
  Schema.makeFilter(({ compression, format }) => {
    if (compression === undefined || compression === "none") return true
    const fitting = format === "ndjson" ? "gzip" : "snappy"
    return (
      compression === fitting || {
        path: ["compression"],
        issue: `expected none or ${fitting}, since format is ${format}`
      }
    )
  })
)

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type
