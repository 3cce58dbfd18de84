/**
 * The settings of an Amplitude destination.
 *
 * @since 1.0.0
 */
import * as Braze from "@millrace/events-braze/Braze"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * Where Amplitude takes events, by the data center of the project.
 *
 * @since 1.0.0
 * @category models
 */
export const regions = {
  us: "https://api2.amplitude.com",
  eu: "https://api.eu.amplitude.com"
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
        "What becomes `user_id`: `externalId`, as in Braze's connector, or Braze's own id as `sourceId`."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("externalId"))),
  anonymous: Schema.Literals(["skip", "send"])
    .annotate({
      description:
        "Events of users without that id: `skip` them, or `send` those with a device id, as Braze's connector does."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("skip")))
}).annotate({ description: "Whom Amplitude takes an event to be about." })

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
        "`us` or `eu`: the data center of the project. Exactly one of `region` and `baseUrl` is given."
    })
  ),
  baseUrl: Schema.optionalKey(
    Schema.String.annotate({
      description: "Where Amplitude takes events, without `/batch`: for proxies and tests."
    }).check(Schema.makeFilter(isBaseUrl))
  ),
  endpoint: Schema.Literals(["batch", "http"])
    .annotate({
      description:
        "`batch`: the batch event upload, for 1000 events a second of one user. `http`: the HTTP V2 API, as in Braze's connector; seen sooner, for 30 a second."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("batch"))),
  identity: Identity.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  minIdLength: Schema.optionalKey(
    Schema.Int.annotate({
      description:
        "Characters that a user id or device id must have; shorter ones, which Amplitude would drop from the event, are dead letters. Amplitude's own limit, 5, by default."
    }).check(Schema.isBetween({ minimum: 1, maximum: 1000 }))
  ),
  prefix: Schema.String.annotate({
    description: "What stands before event names, as in `[Appboy] Email Open`; nothing when it is empty."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("[Appboy]"))),
  names: Schema.Record(Schema.String, Schema.NonEmptyString)
    .annotate({
      description:
        "`{ type: event name }`: names of your own, by Braze event type, in place of prefix and name."
    })
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
 * Where Amplitude takes events.
 *
 * @since 1.0.0
 * @category conversions
 */
export const baseUrl = ({ baseUrl, region }: Settings): URL => new URL(baseUrl ?? regions[region ?? "us"])
