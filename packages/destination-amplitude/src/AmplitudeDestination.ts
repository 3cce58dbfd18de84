/**
 * Delivers events to an Amplitude project by `POST /batch`, those of Braze Currents in the shape of Braze's own connector.
 *
 * One lane, one project. A message is one event; its `insert_id` is the event's id, by which Amplitude drops repeats for
 * seven days.
 *
 * @since 1.0.0
 */
import * as Destination from "@millrace/core/Destination"
import * as EventNames from "@millrace/events-braze/EventNames"
import * as Named from "@millrace/events-braze/Named"
import { Credentials } from "./Credentials.ts"
import { connect, endBytes, markOf } from "./internal/connect.ts"
import { uploader } from "./internal/upload.ts"
import * as Limits from "./Limits.ts"
import { baseUrl, Settings } from "./Settings.ts"

/**
 * The plugin: `amplitude({ settings, credentials })` is a destination.
 *
 * @since 1.0.0
 * @category constructors
 */
export const amplitude = Destination.plugin({
  name: "@millrace/destination-amplitude",
  accepts: Named.accepts,
  selection: ({ names }) => Named.selection(EventNames.selected, names),
  settings: Settings,
  credentials: Credentials,
  open: ({ credentials, settings }) => {
    const address = baseUrl(settings)
    const { apiKey } = credentials
    const upload = uploader(settings)
    const allowed = Math.min(Limits.requestBytes[settings.endpoint], Limits.filledBytes)
    return Destination.opened({
      lanes: [{ name: Named.lane, mark: markOf(address, apiKey) }],
      limits: {
        messages: Limits.events,
        events: Limits.events,
        bytes: allowed - endBytes(apiKey, settings),
        messageBytes: Limits.eventBytes,
        messageEvents: 1,
        concurrency: 4,
        window: 0
      },
      assign: Named.assigner({
        ...settings,
        otherwise: settings.identity.anonymous === "send" ? "deviceId" : undefined
      }),
      warnings: Named.warnings(settings.names),
      prepare: ([event]) => upload(event),
      connect: () => connect(address, credentials, settings)
    })
  }
})
