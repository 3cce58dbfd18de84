/**
 * Settings that destinations for Braze events have in common, under whatever name and description of their own.
 *
 * @since 1.0.0
 */
import { meant } from "@millrace/core/Catalogue"
import { nearest } from "@millrace/core/Nearest"
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
 * `{ type: event name }`, empty by default: names of one's own for Braze's types, and the names of types of any other
 * catalogue. A type that is nearly one of Braze's is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const names = (description: string) =>
  Schema.Record(Schema.String, Schema.NonEmptyString)
    .annotate({ description })
    .check(Schema.makeFilter(areNotMisspelled))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))

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

/** Braze adds types, and other catalogues have theirs: only what is a letter away from a type is none of these. */
const areNotMisspelled = (record: { readonly [type: string]: unknown }) => {
  for (const type of Object.keys(record)) {
    if (typeNames.has(typeName(type))) continue
    const close = nearest(type, [...typeNames], 1)
    if (close !== undefined) return { path: [type], issue: `no event is called so; did you mean ${close}?` }
  }
  return true
}
