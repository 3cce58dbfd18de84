/**
 * Delivers events to a Segment source by `POST /v1/batch`, those of Braze Currents in the shape of Braze's own connector.
 *
 * One lane, one source. A message is one `track` call; its `messageId` is the event's id, by which Segment drops
 * repeats for about a day. Segment says yes to nearly everything: a wrong write key or region is not told.
 *
 * @since 1.0.0
 */
import * as Destination from "@millrace/core/Destination"
import * as Named from "@millrace/events-braze/Named"
import { Credentials } from "./Credentials.ts"
import * as EventNames from "./EventNames.ts"
import { connect, markOf } from "./internal/connect.ts"
import { tracker } from "./internal/track.ts"
import * as Limits from "./Limits.ts"
import { baseUrl, Settings } from "./Settings.ts"

/**
 * The plugin: `segment({ settings, credentials })` is a destination.
 *
 * @since 1.0.0
 * @category constructors
 */
export const segment = Destination.plugin({
  name: "@millrace/destination-segment",
  accepts: Named.accepts,
  selection: ({ names }) => Named.selection(EventNames.selected, names),
  settings: Settings,
  credentials: Credentials,
  open: ({ credentials, settings }) => {
    const address = baseUrl(settings)
    const track = tracker(settings)
    return Destination.opened({
      lanes: [{ name: Named.lane, mark: markOf(address, credentials.writeKey) }],
      limits: {
        messages: Limits.events,
        events: Limits.events,
        bytes: Limits.requestBytes,
        messageBytes: Limits.eventBytes,
        messageEvents: 1,
        concurrency: 4,
        window: 0
      },
      assign: Named.assigner({
        ...settings,
        otherwise: settings.identity.anonymous === "send" ? "sourceId" : undefined
      }),
      warnings: Named.warnings(settings.names),
      prepare: ([event]) => track(event),
      connect: () => connect(address, credentials)
    })
  }
})
