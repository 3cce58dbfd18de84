/**
 * Settings that destinations for Braze events have in common, under whatever name and description of their own.
 *
 * @since 1.0.0
 */
import { meant } from "@millrace/core/Catalogue"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { known, typeName, typeNames } from "./Braze.ts"

/**
 * A value for each of some event types. A type may be written as partner pages do (`users_campaigns_abort`); a name that
 * no type has is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const byType = <S extends Schema.Top>(description: string, value: S) =>
  Schema.Record(Schema.String, value).annotate({ description }).check(Schema.makeFilter(areTypes))

/**
 * Which id of a user is sent: `externalId`, the default, or Braze's own as `sourceId`.
 *
 * @since 1.0.0
 * @category schemas
 */
export const user = (description: string) =>
  Schema.Literals(["externalId", "sourceId"])
    .annotate({ description })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("externalId")))

/**
 * What becomes of events whose user lacks that id: `skip`, the default, or `send`.
 *
 * @since 1.0.0
 * @category schemas
 */
export const anonymous = (description: string) =>
  Schema.Literals(["skip", "send"])
    .annotate({ description })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("skip")))

// internal

const areTypes = (record: { readonly [type: string]: unknown }) => {
  const unknown = Object.keys(record).find((type) => !typeNames.has(typeName(type)))
  if (unknown === undefined) return true
  const close = meant([known], unknown)
  const advice = close === undefined ? "" : `; did you mean ${close}?`
  return { path: [unknown], issue: `expected the name of a Braze event type${advice}` }
}
