/**
 * Events of a NATS JetStream stream, pulled by a durable consumer.
 *
 * A message is acknowledged when what it holds is durable, together with the stream's sequence as the checkpoint. So an
 * acknowledgement that is lost repeats nothing, and a kill at any moment loses nothing. Messages are read in the order of
 * the stream.
 *
 * @since 1.0.0
 */
import type { Event, UnknownEvent } from "@millrace/core/Event"
import * as Plugin from "@millrace/core/Plugin"
import * as Source from "@millrace/core/Source"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Checkpoint from "./internal/checkpoint.ts"
import * as Connection from "./internal/connection.ts"
import { ask } from "./internal/failure.ts"
import * as Format from "./internal/format.ts"
import * as Run from "./internal/run.ts"
import { Credentials, Settings } from "./Settings.ts"

const name = "@millrace/source-nats"

/**
 * The plugin: `nats({ settings, credentials })` is a source. Its only split is the stream, under the stream's name.
 *
 * @since 1.0.0
 * @category constructors
 */
export const nats: Plugin.Plugin<
  typeof Settings.Encoded,
  typeof Credentials.Encoded,
  Source.Source<Event | BrazeEvent | UnknownEvent>
> = Plugin.make({
  name,
  kind: "source",
  settings: Settings,
  credentials: Credentials,
  // The format decides on the catalogue, so this is no `Source.plugin`.
  make: (settings, credentials, changed) => {
    const source =
      settings.format === "event"
        ? sourceOf(settings, credentials, Format.event)
        : sourceOf(settings, credentials, Format.brazeCurrents)
    return changed === undefined ? source : { ...source, changed }
  }
})

// internal

const sourceOf = <E extends Event>(
  settings: Settings,
  credentials: Effect.Effect<Credentials, Plugin.PluginError>,
  format: Format.Format<E>
): Source.Source<E> => ({
  plugin: name,
  catalogue: format.catalogue,
  placeOf: Checkpoint.placeOf,
  check: () => Effect.flatMap(credentials, (given) => check(settings, given)),
  run: Source.withCredentials(
    credentials,
    (given) => (intake, run) => Run.run({ settings, credentials: given, format, intake, run })
  )
})

/** Whether the stream is there, on a server that is sound, for these credentials. */
const check = (settings: Settings, credentials: Credentials): Effect.Effect<void, Source.SourceError> =>
  Effect.scoped(
    Effect.flatMap(Connection.open(settings, credentials), ({ manager }) =>
      Effect.asVoid(ask(Connection.askedOf(settings), () => manager.streams.info(settings.stream)))
    )
  )
