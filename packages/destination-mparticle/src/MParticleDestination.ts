/**
 * Delivers Braze Currents events to mParticle feeds by `POST /v2/bulkevents`.
 *
 * One lane is one feed. A message is one mParticle batch: one user, one event, or several with `grouping: "user"`.
 * `source_message_id` is the event's id and `source_request_id` derives from the ids alone, so mParticle recognises
 * a repeat. It may still drop a batch silently after a 202, which is the last that it tells.
 *
 * @since 1.0.0
 */
import * as Destination from "@millrace/core/Destination"
import * as Braze from "@millrace/events-braze/Braze"
import * as MParticleFacts from "@millrace/events-braze/MParticleFacts"
import * as Result from "effect/Result"
import { Credentials } from "./Credentials.ts"
import * as Feeds from "./Feeds.ts"
import { assigner } from "./internal/assigner.ts"
import { connect } from "./internal/connect.ts"
import { endpointsOf, markOf } from "./internal/endpoints.ts"
import { mapper } from "./internal/mapper.ts"
import { warningsOf } from "./internal/warnings.ts"
import * as Limits from "./Limits.ts"
import { baseUrl, Settings } from "./Settings.ts"

/**
 * The plugin: `mparticle({ settings, credentials })` is a destination.
 *
 * @since 1.0.0
 * @category constructors
 */
export const mparticle = Destination.plugin({
  name: "@millrace/destination-mparticle",
  accepts: Braze.known,
  selection: MParticleFacts.selected,
  settings: Settings,
  credentials: Credentials,
  open: ({ credentials, settings }) =>
    Result.map(Feeds.make(credentials, settings.missingFeed), (feeds) => {
      const address = baseUrl(settings)
      const endpoints = endpointsOf(feeds, settings)
      const map = mapper(settings, feeds)
      return {
        lanes: endpoints.map(({ lane, pair, path }) => ({
          name: lane,
          ...(pair === undefined ? { held: "no-credentials" } : { mark: markOf(address, path, pair) })
        })),
        limits: {
          messages: Limits.batches,
          events: Limits.events,
          bytes: Limits.requestBytes,
          messageBytes: Limits.batchBytes,
          messageEvents: settings.grouping === "user" ? Limits.events : 1,
          concurrency: 4,
          window: settings.window
        },
        warnings: warningsOf(settings, feeds, credentials),
        assign: assigner(settings, feeds, map),
        prepare: map.prepare,
        connect: connect(address, endpoints, credentials)
      }
    })
})
