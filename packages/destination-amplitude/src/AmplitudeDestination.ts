/**
 * Delivers Braze Currents events to an Amplitude project by `POST /batch`, in the shape of Braze's own connector.
 *
 * One lane, one project. A message is one event; its `insert_id` is the event's id, by which Amplitude drops repeats for
 * seven days.
 *
 * @since 1.0.0
 */
import * as Destination from "@millrace/core/Destination"
import * as Braze from "@millrace/events-braze/Braze"
import * as EventNames from "@millrace/events-braze/EventNames"
import { Credentials } from "./Credentials.ts"
import { assigner, lane } from "./internal/assigner.ts"
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
  accepts: Braze.known,
  selection: EventNames.selected,
  settings: Settings,
  credentials: Credentials,
  open: ({ credentials, settings }) => {
    const address = baseUrl(settings)
    const { apiKey } = credentials
    const upload = uploader(settings)
    const allowed = Math.min(Limits.requestBytes[settings.endpoint], Limits.filledBytes)
    return Destination.opened({
      lanes: [{ name: lane, mark: markOf(address, apiKey) }],
      limits: {
        messages: Limits.events,
        events: Limits.events,
        bytes: allowed - endBytes(apiKey, settings),
        messageBytes: Limits.eventBytes,
        messageEvents: 1,
        concurrency: 4,
        window: 0
      },
      assign: assigner(settings),
      prepare: ([event]) => upload(event),
      connect: () => connect(address, credentials, settings)
    })
  }
})
