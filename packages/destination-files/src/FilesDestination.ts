/**
 * Writes events to files on a local disk, as NDJSON or Parquet, in folders by type, date and hour.
 *
 * At least once. A file appears whole and durable or not at all, and is never changed. Its name is a hash of its lines: a
 * batch that is written again replaces its files instead of doubling them. After a crash a batch may be put together
 * otherwise: then an event may stand in two files, with the same id.
 *
 * @since 1.0.0
 */
import { resolve } from "node:path"
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import * as Schema from "effect/Schema"
import { connect } from "./internal/connect.ts"
import * as Formats from "./internal/formats.ts"
import { preparer } from "./internal/prepare.ts"
import { Settings } from "./Settings.ts"

/** The only one: a destination is one folder. */
const lane = "main"

/**
 * The plugin: `files({ settings: { path } })` is a destination.
 *
 * @since 1.0.0
 * @category constructors
 */
export const files = Destination.plugin({
  name: "@millrace/destination-files",
  accepts: Catalogue.any,
  settings: Settings,
  credentials: Schema.Struct({}),
  open: ({ settings }) => {
    const { limits, partitionBy } = settings
    const path = resolve(settings.path)
    const format = Formats.of(settings)
    const prepare = preparer(partitionBy, format)
    return Destination.opened({
      lanes: [{ name: lane, mark: path }],
      limits: {
        messages: limits.messages,
        events: limits.messages,
        bytes: limits.bytes,
        // A line ends with a line feed.
        messageBytes: limits.bytes - 1,
        messageEvents: 1,
        // While one batch is written the next grows: two at once would only make smaller files.
        concurrency: 1,
        window: 0
      },
      assign: () => Destination.to(lane),
      prepare: ([event]) => prepare(event),
      connect: () => connect(path, format)
    })
  }
})
