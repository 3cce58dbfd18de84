/**
 * Delivers events to __Name__: many in one request, a verdict on each, the same ids in every attempt.
 *
 * @since 1.0.0
 */
import { Catalogue, Destination, Message } from "@millrace/core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { connect } from "./internal/connect.ts"

/**
 * The plugin: `__value__({ settings, credentials })` is a destination.
 *
 * @since 1.0.0
 * @category constructors
 */
export const __value__ = Destination.plugin({
  name: "__package__",
  accepts: Catalogue.any,
  settings: Schema.Struct({
    url: Schema.URLFromString.annotate({ description: "Where events are sent." })
  }),
  credentials: Schema.Struct({
    token: Schema.Redacted(Schema.NonEmptyString).annotate({ description: "The API token, sent as bearer." })
  }),
  open: ({ credentials: { token }, settings: { url } }) =>
    Destination.opened({
      lanes: [{ name: "main" }],
      limits: {
        messages: 100,
        events: 100,
        bytes: 1_000_000,
        messageBytes: 100_000,
        messageEvents: 1,
        concurrency: 4,
        window: 0
      },
      assign: () => Destination.to("main"),
      prepare: ([{ id, properties, time, type, user }]) =>
        Result.succeed(Message.json(id, { id, type, time, user: user.externalId, properties })),
      connect: connect(url, token)
    })
})
