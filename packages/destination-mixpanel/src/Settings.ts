/**
 * The settings of a Mixpanel destination.
 *
 * @since 1.0.0
 */
import * as Braze from "@millrace/events-braze/Braze"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * Where Mixpanel takes events, by the data residency of the project.
 *
 * @since 1.0.0
 * @category models
 */
export const regions = {
  us: "https://api.mixpanel.com",
  eu: "https://api-eu.mixpanel.com",
  in: "https://api-in.mixpanel.com"
} as const

const isBaseUrl = (text: string): boolean | string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return "expected an http or https URL"
  if (url.username !== "" || url.password !== "") return "expected a URL without credentials"
  return (url.search === "" && url.hash === "") || "expected a URL without query or fragment"
}

const areTypes = Schema.makeFilter((record: { readonly [type: string]: unknown }) => {
  const unknown = Object.keys(record).find((type) => !Braze.typeNames.has(Braze.typeName(type)))
  return unknown === undefined || { path: [unknown], issue: "expected the name of a Braze event type" }
})

const Identity = Schema.Struct({
  user: Schema.Literals(["externalId", "sourceId"])
    .annotate({
      description:
        "What becomes `distinct_id`: `externalId`, as in Braze's connector, or Braze's own id as `sourceId`. Events without it are skipped."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("externalId")))
}).annotate({ description: "Whom Mixpanel takes an event to be about." })

/**
 * The settings, as a file or code gives them. Strict: an unknown one is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  region: Schema.optionalKey(
    Schema.Literals(["us", "eu", "in"]).annotate({
      description:
        "`us`, `eu` or `in`: the data residency of the project. Exactly one of `region` and `baseUrl` is given."
    })
  ),
  baseUrl: Schema.optionalKey(
    Schema.String.annotate({
      description: "Where Mixpanel takes events, without `/import`: for proxies and tests."
    }).check(Schema.makeFilter(isBaseUrl))
  ),
  projectId: Schema.optionalKey(
    Schema.Int.annotate({
      description: "The project's id, a number; required with a service account."
    }).check(Schema.isGreaterThan(0))
  ),
  identity: Identity.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  names: Schema.Record(Schema.String, Schema.NonEmptyString)
    .annotate({ description: "`{ type: event name }`: names of your own, by Braze event type." })
    .check(areTypes)
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
}).check(
  Schema.makeFilter(
    ({ baseUrl, region }) =>
      (baseUrl === undefined) !== (region === undefined) || "expected exactly one of region and baseUrl"
  )
)

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

/**
 * Where Mixpanel takes events.
 *
 * @since 1.0.0
 * @category conversions
 */
export const baseUrl = ({ baseUrl, region }: Settings): URL => new URL(baseUrl ?? regions[region ?? "us"])
