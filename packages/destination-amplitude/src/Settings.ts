/**
 * The settings of an Amplitude destination.
 *
 * @since 1.0.0
 */
import { anonymous, names, user } from "@millrace/events-braze/Settings"
import * as Address from "@millrace/http/Address"
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

const Identity = Schema.Struct({
  user: user(
    "What becomes `user_id`: `externalId`, as in Braze's connector, or Braze's own id as `sourceId`."
  ),
  anonymous: anonymous(
    "Events of users without that id: `skip` them, or `send` those with a device id, as Braze's connector does."
  )
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
    Address.baseUrl("Where Amplitude takes events, without `/batch`: for proxies and tests.")
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
  names: names(
    "`{ type: event name }`: names of your own for Braze events, and the names of events of any other catalogue, in place of prefix and name."
  )
}).check(Address.isGivenOnce("region"))

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
export const baseUrl = ({ baseUrl, region }: Settings): URL => Address.of(regions, region, baseUrl)
