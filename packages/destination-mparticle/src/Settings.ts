/**
 * The settings of an mParticle destination.
 *
 * @since 1.0.0
 */
import { anonymous, byType } from "@millrace/events-braze/Settings"
import * as Address from "@millrace/http/Address"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Limits from "./Limits.ts"

/**
 * mParticle's hosting locations: wholly separate installations, the account manager tells which is yours.
 *
 * @since 1.0.0
 * @category models
 */
export const pods = {
  us1: "https://s2s.mparticle.com",
  us2: "https://s2s.us2.mparticle.com",
  eu1: "https://s2s.eu1.mparticle.com",
  au1: "https://s2s.au1.mparticle.com"
} as const

/**
 * mParticle's identity types.
 *
 * @since 1.0.0
 * @category schemas
 */
export const IdentityType = Schema.Literals([
  "customer_id",
  "email",
  "alias",
  "other",
  "other_id_2",
  "other_id_3",
  "other_id_4",
  "other_id_5",
  "other_id_6",
  "other_id_7",
  "other_id_8",
  "other_id_9",
  "other_id_10",
  "mobile_number",
  "phone_number_2",
  "phone_number_3",
  "facebook",
  "twitter",
  "google",
  "microsoft",
  "yahoo",
  "facebook_custom_audience_id"
])

/**
 * One of mParticle's identity types.
 *
 * @since 1.0.0
 * @category models
 */
export type IdentityType = typeof IdentityType.Type

const isDate = (text: string): boolean | string =>
  (/^\d{4}-\d\d-\d\d(T.+)?$/.test(text) && !Number.isNaN(Date.parse(text))) ||
  "expected an ISO date such as 2025-01-31 or 2025-01-31T12:00:00Z"

const isWindow = (window: Duration.Duration): boolean | string =>
  (Duration.toMillis(window) >= 0 && Duration.toMillis(window) <= 3_600_000) || "expected at most 1 hour"

const Name = Schema.NonEmptyString.check(Schema.isMaxLength(Limits.name))

const Identity = Schema.Struct({
  externalId: IdentityType.annotate({
    description:
      "The identity type that `external_user_id` becomes: `customer_id`, `email`, `other` or another of mParticle's."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("customer_id"))),
  sourceId: Schema.optionalKey(
    IdentityType.annotate({
      description:
        "The identity type that Braze's own `user_id` becomes, for every event. Not sent by default."
    })
  ),
  deviceId: Schema.optionalKey(
    IdentityType.annotate({
      description:
        "The identity type that the id of an Android device or a browser becomes in an event that nothing else identifies: the first of `other`, `other_id_2` and `other_id_3` that is free."
    })
  ),
  anonymous: anonymous(
    "Events without an external id: `skip` them, as Braze does, or `send` those with a device id, an e-mail address, the phone number of an inbound message (as `mobile_number`) or `sourceId`."
  )
})
  .annotate({ description: "Which ids become which identity types." })
  .check(
    Schema.makeFilter(({ deviceId, externalId, sourceId }) =>
      externalId === sourceId
        ? { path: ["sourceId"], issue: "expected another identity type than externalId's" }
        : deviceId === undefined ||
          (deviceId !== externalId && deviceId !== sourceId) || {
            path: ["deviceId"],
            issue: "expected another identity type than those of externalId and sourceId"
          }
    )
  )

/**
 * The settings, as a file or code gives them. Strict: an unknown one is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  pod: Schema.optionalKey(
    Schema.Literals(["us1", "us2", "eu1", "au1"]).annotate({
      description:
        "`us1`, `us2`, `eu1` or `au1`: where your workspace is hosted. Exactly one of `pod` and `baseUrl` is given."
    })
  ),
  baseUrl: Schema.optionalKey(
    Address.baseUrl("Where the Events API is, without `/v2/bulkevents`: for partners, proxies and tests.")
  ),
  environment: Schema.Literals(["production", "development"])
    .annotate({
      description: "`production` or `development`: mParticle keeps the two apart under the same key."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("production"))),
  identity: Identity.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  missingFeed: Schema.Literals(["skip", "hold", "unbound"])
    .annotate({
      description:
        "Events of a feed without credentials: `skip` them, as Braze does, `hold` them until it has some, or send them to the `unbound` feed."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("skip"))),
  profile: Schema.Literals(["parity", "extended"])
    .annotate({
      description:
        "`parity`: what Braze's own connector is documented to send. `extended`: all fields, nothing is lost."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("parity"))),
  nativeEvents: Schema.optionalKey(
    Schema.Boolean.annotate({
      description:
        "`true`: custom events go under their own names, purchases as `commerce_event`, and what your app put into either becomes attributes by its own names. So it is by default in `extended`, and not in `parity`."
    })
  ),
  dataPlan: Schema.optionalKey(
    Schema.Struct({
      id: Schema.NonEmptyString.annotate({ description: "The plan's id, as mParticle shows it." }),
      version: Schema.optionalKey(
        Schema.Int.check(Schema.isGreaterThan(0)).annotate({
          description: "The plan's version; mParticle's latest when it is left out."
        })
      )
    }).annotate({ description: "The data plan that mParticle checks what arrives against." })
  ),
  grouping: Schema.Literals(["event", "user"])
    .annotate({
      description:
        "`event`: one event in each mParticle batch, so that mParticle drops repeats. `user`: events of one person together, for fewer batches."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("event"))),
  window: Schema.String.annotate({
    description:
      "How long an event may wait for others of its user, at most an hour; only with `grouping: user`."
  })
    .pipe(Schema.decodeTo(Schema.Duration, SchemaTransformation.durationFromString))
    .check(Schema.makeFilter(isWindow))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("5 seconds"))),
  historicalBefore: Schema.optionalKey(
    Schema.String.annotate({
      description:
        "Events before this date go to the historical endpoint, by lanes of their own that wait until the date is 72 hours past. It forwards nothing to event outputs, and is for a backfill of more than 30 days."
    }).check(Schema.makeFilter(isDate))
  ),
  names: byType(
    "`{ type: event name }`: names of your own, by Braze event type; one for `users.behaviors.Uninstall` makes it a custom event.",
    Name
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  attributes: byType(
    "`{ type: { field: attribute name } }`, by Braze event type and field; `null` in place of a name leaves the field out.",
    Schema.Record(Schema.String, Schema.NullOr(Name))
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
}).check(Address.isGivenOnce("pod"))

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

/**
 * The identity type of the id of a device that is not Apple's.
 *
 * @since 1.0.0
 * @category conversions
 */
export const deviceIdentity = ({ deviceId, externalId, sourceId }: Settings["identity"]): IdentityType =>
  deviceId ?? freeTypes.find((type) => type !== externalId && type !== sourceId) ?? "other"

/**
 * Where the Events API is, without a slash at its end.
 *
 * @since 1.0.0
 * @category conversions
 */
export const baseUrl = ({ baseUrl, pod }: Settings): URL => Address.of(pods, pod, baseUrl)

// internal

/** One more than may be taken. */
const freeTypes: ReadonlyArray<IdentityType> = ["other", "other_id_2", "other_id_3"]
