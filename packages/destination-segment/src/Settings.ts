/**
 * The settings of a Segment destination.
 *
 * @since 1.0.0
 */
import { anonymous, names, user } from "@millrace/events-braze/Settings"
import * as Address from "@millrace/http/Address"
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

const Identity = Schema.Struct({
  user: user(
    "What becomes `userId`: `externalId`, as in Braze's connector, or Braze's own id as `sourceId`."
  ),
  anonymous: anonymous(
    "Events of users without that id: `skip` them, or `send` them with Braze's own id as `anonymousId` alone."
  )
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
    Address.baseUrl("Where the Tracking API is, without `/v1/batch`: for custom domains, proxies and tests.")
  ),
  identity: Identity.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  names: names(
    "`{ type: event name }`: names of your own for Braze events, and the names of events of any other catalogue."
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
 * Where the Tracking API is.
 *
 * @since 1.0.0
 * @category conversions
 */
export const baseUrl = ({ baseUrl, region }: Settings): URL => Address.of(regions, region, baseUrl)
