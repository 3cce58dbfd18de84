/**
 * Delivers events to a Mixpanel project by `POST /import`, those of Braze Currents in the shape of Braze's own connector.
 *
 * One lane, one project. A message is one event; its `$insert_id` is the event's id, by which Mixpanel shows a repeat
 * once.
 *
 * @since 1.0.0
 */
import * as Destination from "@millrace/core/Destination"
import * as EventNames from "@millrace/events-braze/EventNames"
import * as Named from "@millrace/events-braze/Named"
import * as Result from "effect/Result"
import { Credentials } from "./Credentials.ts"
import { connect, markOf } from "./internal/connect.ts"
import { recorder } from "./internal/record.ts"
import * as Limits from "./Limits.ts"
import { baseUrl, Settings } from "./Settings.ts"

/**
 * The plugin: `mixpanel({ settings, credentials })` is a destination.
 *
 * @since 1.0.0
 * @category constructors
 */
export const mixpanel = Destination.plugin({
  name: "@millrace/destination-mixpanel",
  accepts: Named.accepts,
  selection: ({ names }) => Named.selection(EventNames.selected, names),
  settings: Settings,
  credentials: Credentials,
  open: ({ credentials, settings }) => {
    if (credentials.serviceAccount !== undefined && settings.projectId === undefined) {
      return Result.fail("settings.projectId: expected the project's id, since there is a service account")
    }
    const address = baseUrl(settings)
    const record = recorder(settings)
    return Destination.opened({
      lanes: [{ name: Named.lane, mark: markOf(address, credentials, settings) }],
      limits: {
        messages: Limits.events,
        events: Limits.events,
        bytes: Limits.requestBytes,
        messageBytes: Limits.eventBytes,
        messageEvents: 1,
        concurrency: 4,
        window: 0
      },
      assign: Named.assigner(settings),
      warnings: Named.warnings(settings.names),
      prepare: ([event]) => record(event),
      connect: () => connect(address, credentials, settings)
    })
  }
})
