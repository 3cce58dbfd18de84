/**
 * Reads events from the streams of __Name__, page by page.
 *
 * Every page is durable with its cursor before the next is asked for, so a run that stops anywhere goes on there. An
 * item that is no event becomes one dead letter.
 *
 * @since 1.0.0
 */
import { Catalogue, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Remote from "./internal/remote.ts"

/**
 * The plugin: `__value__({ settings, credentials })` is a source. A run that follows looks again every ten seconds.
 *
 * @since 1.0.0
 * @category constructors
 */
export const __value__ = Source.plugin({
  name: "__package__",
  catalogue: Catalogue.any,
  replayable: true,
  settings: Schema.Struct({
    url: Schema.URLFromString.annotate({ description: "Where the streams are, without their names." }),
    streams: Schema.Array(Schema.NonEmptyString).annotate({ description: "Names of the streams to read." })
  }),
  credentials: Schema.Struct({
    token: Schema.Redacted(Schema.NonEmptyString).annotate({ description: "The API token, sent as bearer." })
  }),
  run: ({ streams, url }, credentials) =>
    Source.withCredentials(credentials, ({ token }) =>
      Source.fromSplits({
        discover: ({ follow }) => {
          const splits = Stream.fromIterable(streams)
          return follow ? Stream.repeat(splits, Schedule.spaced("10 seconds")) : splits
        },
        read: (stream, after) =>
          Stream.unwrap(Effect.map(Remote.open(url, token), (remote) => remote.pages(stream, after)))
      })
    )
})
