/**
 * Delivers events of any kind to a JSON endpoint, one a request or several, as templates shape them.
 *
 * At least once: the same messages carry the same key (`idempotencyHeader`, `webhook-id`) in every attempt, so that the
 * endpoint can know a repeat. A batch may be put together otherwise after a crash; a single event never.
 *
 * @since 1.0.0
 */
import { createHash } from "node:crypto"
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import * as Result from "effect/Result"
import { Credentials, headerNames } from "./Credentials.ts"
import { connect } from "./internal/connect.ts"
import * as Headers from "./internal/headers.ts"
import * as Shape from "./internal/shape.ts"
import * as Sign from "./internal/sign.ts"
import { Settings } from "./Settings.ts"

/**
 * The plugin: `http({ settings, credentials })` is a destination.
 *
 * @since 1.0.0
 * @category constructors
 */
export const http = Destination.plugin({
  name: "@millrace/destination-http",
  accepts: Catalogue.any,
  settings: Settings,
  credentials: Credentials,
  open: ({ credentials, settings }) => {
    const { batch, idempotencyHeader, laneName, limits } = settings
    const own = [
      ...Object.keys(settings.headers),
      ...(idempotencyHeader === undefined ? [] : [idempotencyHeader])
    ]
    const [twice] = Headers.repeated([...own, ...headerNames(credentials)])
    if (twice !== undefined) {
      return Result.fail(
        `the header ${twice} comes from the settings and from the credentials; leave one of them out`
      )
    }
    const shape = Shape.make(settings)
    const { close, open } = shape.envelope
    const messages = batch === "single" ? 1 : (limits.messages ?? 100)
    return Destination.opened({
      lanes: [{ name: laneName, mark: markOf(settings, credentials) }],
      limits: {
        messages,
        events: messages,
        bytes: limits.bytes,
        messageBytes: limits.bytes - Buffer.byteLength(open + close),
        messageEvents: 1,
        concurrency: limits.concurrency,
        window: 0
      },
      assign: () => Destination.to(laneName),
      prepare: ([event]) => shape.prepare(event),
      connect: () => connect(settings, credentials, shape)
    })
  }
})

// internal

/** The same for the same credentials at the same URL. A hash: it is compared and may be shown. */
const markOf = ({ method, url }: Settings, credentials: Credentials): string =>
  createHash("sha256")
    .update(JSON.stringify([method, url, Sign.traces(credentials)]))
    .digest("hex")
