/**
 * The outbox that several exporters share: the tables of one schema in a PostgreSQL database.
 *
 * Everything that resolved is committed. What an exporter says of a track or of a split that another owns by now is refused.
 *
 * @since 1.0.0
 */
import { Outbox, type OutboxError, plugin, type Transfer } from "@millrace/core/Outbox"
import type { PluginError } from "@millrace/core/Plugin"
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Arrive from "./internal/arrive.ts"
import { told, unavailable } from "./internal/failure.ts"
import * as Format from "./internal/format.ts"
import * as Leave from "./internal/leave.ts"
import * as Mark from "./internal/mark.ts"
import * as Open from "./internal/open.ts"

/**
 * Where an outbox lives, and how it is shared.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options {
  /** Address of the database: `postgres://user:password@host/database`. An Effect is run again when the server refuses the old one. */
  readonly url: Redacted.Redacted | Effect.Effect<Redacted.Redacted, OutboxError>
  /** Completes when the address may have changed since the effect was started. */
  readonly changed?: Effect.Effect<void> | undefined
  /** Default `millrace`. */
  readonly schema?: string | undefined
  /** By default those that the outbox was made with; 16 of one that is made now. */
  readonly tracks?: number | undefined
  /** Bytes in use at which appends begin to wait, over all exporters; no limit by default. */
  readonly size?: number | undefined
  /** For how many milliseconds an exporter that is not heard of keeps its leases; default 12,000. */
  readonly lease?: number | undefined
  /** How often an exporter is heard of, in milliseconds; default 3,000. */
  readonly renew?: number | undefined
}

/**
 * The outbox of a schema. Its tables are made when they are missing, and brought up to date when they are older.
 *
 * Fails as `Newer` when a later version wrote them, and as `Unavailable` when the server cannot be reached, refuses the user, takes
 * no changes, or when the store was made with another number of tracks.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Outbox, OutboxError> =>
  Layer.effect(Outbox, Open.open(placeOf(options)))

/**
 * Proves that the outbox could be opened, and changes nothing.
 *
 * @since 1.0.0
 * @category constructors
 */
export const check: (options: Options) => Effect.Effect<void, OutboxError> = Effect.fnUntraced(function* (
  options
) {
  const place = placeOf(options)
  const client = yield* Open.connect(place)
  const made = yield* told(client.place, Format.check(client, place.schema, client.run))
  if (made === undefined) return
  yield* Format.expectTracks(place.schema, made, place.tracks)
  if (made.format < Format.marked) return
  yield* Mark.expectHere(place.schema, yield* told(client.place, Mark.read(client.run, place.schema)))
}, Effect.scoped)

/**
 * How the outbox of a schema is moved to another outbox, or filled from one.
 *
 * @since 1.0.0
 * @category constructors
 */
export const transfer = (options: Options): Transfer => {
  const place = placeOf(options)
  const { schema, tracks } = place
  return {
    name: `the PostgreSQL outbox in schema ${schema}`,
    leave: Effect.flatMap(Open.connect(place), (client) => Leave.leave(client, schema)),
    arrive: Effect.flatMap(Open.connect(place), (client) => Arrive.arrive(client, schema, tracks))
  }
}

/** The least lease: less than a slow answer of the server takes would make exporters lose their leases for nothing. */
const leastLease = 2_000

const span = (description: string, initial: string) =>
  Schema.DurationFromString.check(
    Schema.makeFilter(
      (given) => Duration.toMillis(given) >= leastLease / 4 || "expected a duration of 500 ms or more"
    )
  )
    .annotate({ description })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(initial)))

/**
 * Settings of the plugin.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  schema: Schema.String.check(
    Schema.isPattern(/^[a-z_][a-z0-9_]{0,62}$/, {
      message: "expected a name of lower-case letters, digits and underscores, 63 at most"
    })
  )
    .annotate({
      description:
        "The schema that holds the tables. Created when missing. Exporters of one schema share one outbox."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("millrace"))),
  tracks: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1024 }))
    .annotate({
      description:
        "Into how many tracks each lane is divided: as many exporters can deliver for one lane. It is fixed when the outbox is made, with 16 unless given, and may be left out later."
    })
    .pipe(Schema.optionalKey),
  size: Schema.ByteSizeFromString.annotate({
    description:
      "How large the outbox may become over all exporters, as `500 MB` or `100 GiB`: records that wait, dead letters and remembered ids. Then sources are held back."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("100 GiB"))),
  lease: span(
    "For how long an exporter that is not heard of keeps its tracks and splits. Then others take over. `2 seconds` at least.",
    "12 seconds"
  ),
  renew: span("How often an exporter makes itself heard: a third of `lease` or less.", "3 seconds")
}).check(
  Schema.makeFilter(
    ({ lease, renew }) =>
      (Duration.toMillis(lease) >= leastLease && 3 * Duration.toMillis(renew) <= Duration.toMillis(lease)) ||
      "expected a lease of 2 seconds or more, and renew at most a third of it"
  )
)

/**
 * Credentials of the plugin.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Credentials = Schema.Struct({
  url: Schema.Redacted(Schema.String).annotate({
    description: "Address of the database: `postgres://user:password@host:5432/database?sslmode=require`."
  })
})

/**
 * The plugin: `postgres({ settings: {}, credentials: { url: Redacted.make(address) } })`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const postgres = plugin({
  name: "@millrace/outbox-postgres",
  settings: Settings,
  credentials: Credentials,
  store: ({ schema, tracks, size, lease, renew }, credentials, changed) => {
    const options: Options = {
      url: addressOf(credentials),
      changed,
      schema,
      tracks,
      size: ByteSize.toNumberUnsafe(size),
      lease: Duration.toMillis(lease),
      renew: Duration.toMillis(renew)
    }
    return {
      directory: undefined,
      layer: layer(options),
      check: check(options),
      transfer: transfer(options)
    }
  }
})

// internal

const unreadable = (detail: string) => unavailable(`the address of the outbox cannot be read: ${detail}`)

const addressOf = (
  credentials: Effect.Effect<(typeof Credentials)["Type"], PluginError>
): Effect.Effect<Redacted.Redacted, OutboxError> =>
  Effect.flatMap(
    Effect.mapError(credentials, ({ detail }) => unreadable(detail)),
    ({ url }) =>
      /^postgres(ql)?:\/\/./.test(Redacted.value(url)) && URL.canParse(Redacted.value(url))
        ? Effect.succeed(url)
        : Effect.fail(
            unreadable("credentials.url: expected an address such as postgres://user:password@host/database")
          )
  )

const placeOf = ({
  url,
  changed,
  schema = "millrace",
  tracks,
  size,
  lease = 12_000,
  renew = 3_000
}: Options): Open.Place => ({
  url: Redacted.isRedacted(url) ? Effect.succeed(url) : url,
  changed,
  schema,
  tracks,
  size,
  times: { lease, renew }
})
