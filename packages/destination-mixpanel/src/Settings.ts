/**
 * The settings of a Mixpanel destination.
 *
 * @since 1.0.0
 */
import { names, user } from "@millrace/events-braze/Settings"
import * as Address from "@millrace/http/Address"
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

const Identity = Schema.Struct({
  user: user(
    "What becomes `distinct_id`: `externalId`, as in Braze's connector, or Braze's own id as `sourceId`. Events without it are skipped."
  )
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
    Address.baseUrl("Where Mixpanel takes events, without `/import`: for proxies and tests.")
  ),
  projectId: Schema.optionalKey(
    Schema.Int.annotate({
      description: "The project's id, a number; required with a service account."
    }).check(Schema.isGreaterThan(0))
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
 * Where Mixpanel takes events.
 *
 * @since 1.0.0
 * @category conversions
 */
export const baseUrl = ({ baseUrl, region }: Settings): URL => Address.of(regions, region, baseUrl)
