/**
 * The shape of a configuration file: the same in YAML, JSON and TypeScript.
 *
 * @since 1.0.0
 */
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { described, reference } from "./internal/described.ts"
import { TransformUse } from "./internal/TransformUse.ts"

const Name = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, { message: "a name is letters, digits, `-`, `_` and `.`" })
)

const use = (kind: string) =>
  described(
    Schema.NonEmptyString,
    `The ${kind} plugin: the npm name of its package, or a path that starts with "./"; "#name" behind it chooses one of several.`
  )
const settings = described(
  Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  "Settings of the plugin; its README lists them."
)

const credentials = described(
  Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  "Credentials of the plugin. A secret is a reference: `{ env: NAME }` or `{ file: PATH }`."
)

/**
 * Where events come from.
 *
 * @since 1.0.0
 * @category schemas
 */
export const SourceUse = Schema.Struct({ use: use("source"), settings, credentials })

/**
 * One of several sources.
 *
 * @since 1.0.0
 * @category schemas
 */
export const NamedSourceUse = Schema.Struct({
  name: described(Name, "Checkpoints belong to this name: keep it."),
  use: use("source"),
  settings,
  credentials
})

/**
 * Where events wait until they are settled.
 *
 * @since 1.0.0
 * @category schemas
 */
export const OutboxUse = Schema.Struct({ use: use("outbox"), settings, credentials })

// Nothing here means "never" or "off" by being nothing: an event that may wait for no time is dead at once.
const duration = (description: string) =>
  described(
    Schema.optionalKey(
      Schema.DurationFromString.check(
        Schema.makeFilter((span) => Duration.toMillis(span) > 0, {
          message: "expected a duration that is longer than nothing"
        })
      )
    ),
    description
  )

const retention = duration(
  'How long an event may wait before it becomes a dead letter, such as "7 days" (the default).'
)

const count = (description: string) =>
  described(Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))), description)

const Policy = Schema.Struct({
  concurrency: count(
    "The most requests under way at once in a lane; never more than the destination's own limit."
  ),
  firstBackoff: duration('The longest wait before the second attempt; it doubles with each ("200 millis").'),
  longestBackoff: duration(
    'The longest wait between attempts, but for one the remote asks for ("1 minute").'
  ),
  breakerAfter: count("Failures in a row after which one attempt at a time probes the remote (5)."),
  probeEvery: duration('How often a lane with refused credentials is tried ("5 minutes").'),
  attemptTimeout: duration('The longest one attempt may take ("2 minutes").'),
  connectTimeout: duration('The longest that establishing a connection may take ("10 seconds").'),
  headersTimeout: duration('The longest wait from a request sent to the head of its answer ("30 seconds").'),
  bodyTimeout: duration('The longest that reading the body of an answer may take, all of it ("30 seconds").')
})

const Share = Schema.Struct({
  size: described(
    Schema.ByteSizeFromString.check(
      Schema.makeFilter((size) => ByteSize.toNumberUnsafe(size) > 0, {
        message: "expected a size that is larger than nothing"
      })
    ),
    "Bytes of the lane's waiting records, such as `2 GiB`."
  ),
  whenFull: described(
    Schema.optionalKey(Schema.Literals(["hold", "set-aside"])),
    "Hold the route's sources back (`hold`, the default), or, once the lane could send nothing for a minute, make dead letters of its oldest events, which can be replayed (`set-aside`)."
  )
})

/**
 * One route.
 *
 * @since 1.0.0
 * @category schemas
 */
export const RouteUse = Schema.Struct({
  name: described(Name, "What waits and the ledger belong to this name: keep it."),
  from: described(
    Schema.optionalKey(
      Schema.Array(Name).check(
        Schema.isMinLength(1, { message: "name at least one source, or leave it out" })
      )
    ),
    "Names of the sources it reads; all of them by default."
  ),
  backfill: described(
    Schema.optionalKey(Schema.Boolean),
    "Takes what `millrace backfill` reads, and nothing else (`false`). Backfills go to such routes alone, so that the past has lanes, a policy and a ledger of its own."
  ),
  when: Schema.optionalKey(
    Schema.Struct({
      types: described(
        Schema.optionalKey(
          Schema.Array(Schema.NonEmptyString).check(
            Schema.isMinLength(1, { message: "name at least one event type, or leave it out" })
          )
        ),
        "Event types by name or wildcard; the destination's own selection by default. `*` alone takes unknown types too."
      ),
      except: described(
        Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
        "Event types by name or wildcard that are left out all the same."
      )
    })
  ),
  transforms: described(
    Schema.optionalKey(Schema.Array(TransformUse)),
    "Changes of events, made one after another; `preview` shows events before and after."
  ),
  ordering: described(
    Schema.optionalKey(Schema.Literals(["user", "none"])),
    "Whether the events of one user are delivered in the order they were read (`user`, the default)."
  ),
  retention,
  policy: described(
    Schema.optionalKey(Policy),
    "How its lanes try again and slow down; `check` prints what holds."
  ),
  share: described(
    Schema.optionalKey(Share),
    "The part of the outbox that each of its lanes may fill; by default as much as there is."
  ),
  to: Schema.Struct({ use: use("destination"), settings, credentials })
})

/**
 * An e-mail address, with or without the name of its owner.
 *
 * @since 1.0.0
 * @category schemas
 */
export const MailAddress = Schema.String.check(
  Schema.isPattern(/^[^@]*[^@\s]@[^@\s]+$|^[^<>]*<[^@\s<>]+@[^@\s<>]+>$/, {
    message: "expected an e-mail address, such as ops@example.com or Ops <ops@example.com>"
  })
)

/**
 * Where alerts go.
 *
 * @since 1.0.0
 * @category schemas
 */
export const AlertsUse = Schema.Struct({
  webhook: described(
    Schema.optionalKey(Schema.Struct({ url: reference("The URL") })),
    "Posted as JSON, with a `text` that Slack and its like show."
  ),
  email: Schema.optionalKey(
    Schema.Struct({
      server: reference("The SMTP URL, such as smtps://user:password@host"),
      from: described(MailAddress, "Address of the sender."),
      to: described(Schema.optionalKey(MailAddress), "Address of the reader; `contact` by default.")
    })
  ),
  remindEvery: duration('How often a lasting condition is told of again ("1 day").'),
  noSuccessFor: duration(
    'Told of: a lane that has had no success for so long although events wait, as when the remote cannot be reached ("5 seconds").'
  ),
  waitingFor: duration('Told of: an event that has waited for so long ("1 hour").'),
  nothingReadFor: duration(
    "Told of: a source from which nothing was read for so long; off by default, since many are quiet by night."
  ),
  unreadableFor: duration(
    'Told of: a source, or a file, that could not be read for so long, such as a folder that is gone ("1 second").'
  ),
  unreadFor: duration('Told of: a file that has not been read to its end for so long ("10 minutes").'),
  freeBelow: described(
    Schema.optionalKey(Schema.ByteSizeFromString),
    "Told of: a disk of the outbox with fewer free bytes than this, such as `1 GiB`; by default a twentieth of it, at most 1 GiB."
  )
})

/**
 * The admin endpoint of a run that follows.
 *
 * @since 1.0.0
 * @category schemas
 */
export const AdminUse = Schema.Struct({
  host: described(
    Schema.optionalKey(Schema.NonEmptyString),
    "The address to listen on (`127.0.0.1`); one that other machines reach needs a token."
  ),
  port: described(
    Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
    "The port to listen on (9464); 0 takes a free one."
  ),
  token: Schema.optionalKey(
    reference("What whoever asks has to show as bearer token, at least 16 characters")
  ),
  readOnly: described(
    Schema.optionalKey(Schema.Boolean),
    "Refuses what changes anything: pause, resume, replay, purge (`false`)."
  ),
  names: described(
    Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
    "Names by which it is asked, beside its addresses, `localhost` and `host`, such as `millrace.internal`."
  )
})

/**
 * Where a run sends metrics and spans.
 *
 * @since 1.0.0
 * @category schemas
 */
export const TelemetryUse = Schema.Struct({
  otlp: described(
    Schema.optionalKey(
      Schema.Struct({
        url: described(
          Schema.NonEmptyString,
          "The address of a collector of OpenTelemetry, such as http://127.0.0.1:4318: metrics go to `/v1/metrics` below it, spans to `/v1/traces`."
        ),
        headers: described(
          Schema.optionalKey(
            Schema.Record(
              Schema.String.check(
                Schema.isPattern(/^[A-Za-z0-9-]+$/, {
                  message: "the name of a header is letters, digits and `-`"
                })
              ),
              reference("The value of the header")
            )
          ),
          "Headers of each request, such as `authorization`."
        ),
        protocol: described(
          Schema.optionalKey(Schema.Literals(["protobuf", "json"])),
          "In which form it is sent: `protobuf`, which every collector takes, or `json`, which can be read on its way."
        ),
        interval: duration('How often metrics are sent ("10 seconds").')
      })
    ),
    "A collector of OpenTelemetry that is sent metrics and spans."
  )
})

/**
 * Who an exporter is among several that share an outbox.
 *
 * @since 1.0.0
 * @category schemas
 */
export const InstanceUse = Schema.Struct({
  name: described(
    Schema.optionalKey(Schema.NonEmptyString),
    "What it is called in `status`; by default the name of its machine and the number of its process."
  ),
  roles: described(
    Schema.optionalKey(
      Schema.Array(Schema.Literals(["read", "deliver"])).check(
        Schema.isMinLength(1, { message: "name read, deliver, or both" })
      )
    ),
    "Whether it reads sources, delivers to destinations, or both (both)."
  )
})

/**
 * A whole configuration.
 *
 * @since 1.0.0
 * @category schemas
 */
export const ConfigFile = Schema.Struct({
  name: described(Schema.NonEmptyString, "What this exporter is called in logs and alerts."),
  contact: described(
    Schema.optionalKey(Schema.NonEmptyString),
    "How to reach whoever looks after it; alerts go to it if it is an e-mail address."
  ),
  source: Schema.optionalKey(SourceUse),
  sources: described(
    Schema.optionalKey(Schema.Array(NamedSourceUse)),
    "Several sources, in place of `source`."
  ),
  outbox: OutboxUse,
  retention,
  dedupe: duration(
    'Events whose id was read within this time before are left out and counted as `duplicate`, such as "1 day"; off by default.'
  ),
  checkpointRetention: duration(
    'How long a file must have been gone before it is read again from the start should it come back, counted in days on which its source was looked through ("90 days").'
  ),
  instance: described(
    Schema.optionalKey(InstanceUse),
    "Who this exporter is among several that share an outbox; alone it needs none."
  ),
  workers: described(
    Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))),
    "Threads that read, decode and prepare; the first is the one that delivers (1). Worth raising where there are processors to spare."
  ),
  admin: described(
    Schema.optionalKey(AdminUse),
    "Health, metrics, a JSON API and a page of a run that follows; off by default. `{}` is all at its defaults."
  ),
  telemetry: described(
    Schema.optionalKey(TelemetryUse),
    "Where a run sends metrics and spans; nowhere by default. Prometheus reads metrics at the admin endpoint."
  ),
  alerts: described(
    Schema.optionalKey(AlertsUse),
    "Who is told when a lane closes, retention nears, or the like."
  ),
  routes: Schema.Array(RouteUse).check(Schema.isMinLength(1, { message: "name at least one route" }))
}).annotate({ title: "Millrace configuration" })

/**
 * A whole configuration, as the schema reads it.
 *
 * @since 1.0.0
 * @category models
 */
export type ConfigFile = typeof ConfigFile.Type

/**
 * Gives a TypeScript configuration its type: `export default defineConfig({ ... })`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const defineConfig = (config: typeof ConfigFile.Encoded): typeof ConfigFile.Encoded => config

/**
 * The JSON Schema of a configuration, for editors: `millrace.schema.json` of this package.
 *
 * @since 1.0.0
 * @category schemas
 */
export const jsonSchema = (): unknown => {
  const document = Schema.toJsonSchemaDocument(ConfigFile, { onExcessProperty: "error" })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...document.schema,
    ...(Object.keys(document.definitions).length === 0 ? {} : { $defs: document.definitions })
  }
}
