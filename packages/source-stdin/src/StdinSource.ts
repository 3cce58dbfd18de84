/**
 * Events from standard input, one a line: `cat events.ndjson | millrace run millrace.yaml`.
 *
 * Reads no faster than events become durable, and ends with the input. A bad line becomes one dead letter. A pipe
 * remembers nothing: what was taken out of it and not yet appended is lost when the process is killed, and a second run
 * of the same input appends it all again, with the same ids.
 *
 * @since 1.0.0
 */
import { createReadStream, fstatSync } from "node:fs"
import process from "node:process"
import type { Readable } from "node:stream"
import type { Event, UnknownEvent } from "@millrace/core/Event"
import * as Plugin from "@millrace/core/Plugin"
import type { Source } from "@millrace/core/Source"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Schema from "effect/Schema"
import * as Format from "./internal/format.ts"
import { read } from "./internal/read.ts"

const name = "@millrace/source-stdin"

/**
 * The settings.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  format: Schema.Literals(["event", "braze-currents"]).annotate({
    description:
      "What a line holds: `event` for Millrace's own JSON of an event, `braze-currents` for an event as Braze Currents writes it."
  })
})

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

/**
 * A source of Millrace's own JSON of events, one a line: `id`, `type`, `time` in milliseconds, `user`, `properties`.
 * `open` gives another stream of bytes than standard input; the source closes it.
 *
 * @since 1.0.0
 * @category constructors
 */
export const events = (open?: () => Readable): Source<Event> => sourceOf(Format.event, open)

/**
 * A source of Braze Currents events, one a line, or a whole request of Braze's Custom HTTP connector. `open` gives
 * another stream of bytes than standard input; the source closes it.
 *
 * @since 1.0.0
 * @category constructors
 */
export const currents = (open?: () => Readable): Source<BrazeEvent | UnknownEvent> =>
  sourceOf(Format.brazeCurrents, open)

/**
 * The plugin over another stream of bytes than standard input; `open` is asked once for each run.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plugin = (
  open?: () => Readable
): Plugin.Plugin<typeof Settings.Encoded, {}, Source<Event | BrazeEvent | UnknownEvent>> =>
  Plugin.make({
    name,
    kind: "source",
    settings: Settings,
    credentials: Schema.Struct({}),
    // The format decides on the catalogue, so this is no `Source.plugin`.
    make: ({ format }: Settings) => (format === "event" ? events(open) : currents(open))
  })

/**
 * The plugin: `stdin({ settings })` is a source. In code, `events` and `currents` know the types of their events.
 *
 * @since 1.0.0
 * @category constructors
 */
export const stdin = plugin()

// internal

/** Node makes an empty stream of a folder: read as a file, it fails and says why. */
const standardInput = (): Readable =>
  fstatSync(0).isDirectory() ? createReadStream("standard input", { fd: 0 }) : process.stdin

const sourceOf = <E extends Event>(format: Format.Format<E>, open = standardInput): Source<E> => ({
  plugin: name,
  catalogue: format.catalogue,
  run: (intake) => read(open, format, intake)
})
