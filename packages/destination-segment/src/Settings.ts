/**
 * The settings of a Segment destination.
 *
 * @since 1.0.0
 */
import * as Braze from "@millrace/events-braze/Braze"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * Segment's regions, from its page "Regional Segment": Oregon and Dublin. A workspace is in one of them.
 *
 * @since 1.0.0
 * @category models
 */
export const regions = {
  us: "https://api.segment.io",
  eu: "https://events.eu1.segmentapis.com"
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
        "What becomes `userId`: `externalId`, as in Braze's connector, or Braze's own id as `sourceId`."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("externalId"))),
  anonymous: Schema.Literals(["skip", "send"])
    .annotate({
      description:
        "Events of users without that id: `skip` them, or `send` them with Braze's own id as `anonymousId` alone."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("skip")))
}).annotate({ description: "Whom Segment takes an event to be about." })

/**
 * The settings, as a file or code gives them. Strict: an unknown one is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  region: Schema.optionalKey(
    Schema.Literals(["us", "eu"]).annotate({
      description:
        "`us` or `eu`: where the workspace is. Segment says yes to events in the wrong region, and drops them. Exactly one of `region` and `baseUrl` is given."
    })
  ),
  baseUrl: Schema.optionalKey(
    Schema.String.annotate({
      description: "Where the Tracking API is, without `/v1/batch`: for custom domains, proxies and tests."
    }).check(Schema.makeFilter(isBaseUrl))
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
 * Where the Tracking API is.
 *
 * @since 1.0.0
 * @category conversions
 */
export const baseUrl = ({ baseUrl, region }: Settings): URL => new URL(baseUrl ?? regions[region ?? "us"])
