/**
 * Reads events from the streams of __Name__, page by page.
 *
 * Every page is durable with its cursor before the next is asked for, so a run that stops anywhere goes on there. An
 * item that is no event becomes one dead letter.
 *
 * @since 1.0.0
 */
import { setTimeout } from "node:timers/promises"
import { Catalogue, Source } from "@millrace/core"
import * as Schema from "effect/Schema"
import * as Page from "./internal/page.ts"
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
      Source.fromAsync(async (intake, signal, { follow }) => {
        const remote = Remote.open(url, token)
        try {
          do {
            for (const stream of streams) {
              await intake.claim(stream, async (after = "", { revoked, signal }) => {
                for (let cursor = after, more = true; more && !revoked.aborted; ) {
                  const page = await remote.page(stream, cursor, signal)
                  if (page.items.length > 0) await intake.append(Page.chunkOf(page, stream, cursor))
                  more = Page.goesOn(page, cursor)
                  cursor = page.cursor
                }
              })
            }
            if (follow) await setTimeout(10_000, undefined, { signal })
          } while (follow)
        } finally {
          await remote.close()
        }
      })
    )
})
