/**
 * The settings that all sources of objects have.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * A day or an hour in UTC as people write it, as it stands in keys: `2026-11-01` and `2026-11-01T05` are `2026-11-01-00` and
 * `2026-11-01-05`. `undefined` for what is neither.
 *
 * @since 1.0.0
 * @category conversions
 */
export const hourOf = (text: string): string | undefined => {
  const [, day, hour = "00"] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d)(?::00)*Z?)?$/.exec(text) ?? []
  if (day === undefined || Number.isNaN(Date.parse(`${day}T${hour}:00:00Z`))) return undefined
  return `${day}-${hour}`
}

/**
 * A day or an hour, still to be annotated.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Hour = Schema.String.check(
  Schema.makeFilter(
    (text) =>
      hourOf(text) !== undefined || "must be a date such as 2026-11-01, or an hour such as 2026-11-01T05"
  )
)

/**
 * The fields, to be spread into a struct.
 *
 * @since 1.0.0
 * @category schemas
 */
export const fields = {
  prefix: Schema.String.check(
    Schema.isPattern(/^(?!\/)/, { message: "must not begin with /: keys do not, either" })
  )
    .annotate({
      description:
        "What the keys to read begin with, such as `currents/`. Everything below it is looked at; without it, everything there is."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(""))),
  format: Schema.Literals(["braze-currents", "event"]).annotate({
    description:
      "What the objects hold: `braze-currents` for a Currents export to cloud storage, `event` for Millrace's own JSON of an event, one a line, or Parquet with an event a row."
  }),
  from: Schema.optionalKey(Hour).annotate({
    description:
      "The first day or hour to read, in UTC, such as `2026-11-01` or `2026-11-01T05`: keys with an earlier hour in them are passed over. Objects without an hour in their key are always read."
  }),
  interval: Schema.DurationFromString.pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("1 minute"))
  ).annotate({
    description:
      "How often a run that follows lists what is new in a busy event type, such as `30 seconds`. What is quiet is listed a tenth as often."
  })
} as const

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type ObjectSettings = Schema.Struct.Type<typeof fields>
