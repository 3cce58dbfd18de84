/**
 * The receiver that Braze Currents' Custom HTTP connector posts to.
 *
 * A request is answered 2xx only when every event in it is durable; killed at any moment, nothing that was answered so
 * is lost. What was not is sent again by Braze, with the same event ids. Never answers 400, on which Braze drops single
 * events: what cannot be read becomes a dead letter with its bytes.
 *
 * There is nothing to replay, and it never ends by itself.
 *
 * @since 1.0.0
 */
import type { Plugin } from "@millrace/core/Plugin"
import * as Source from "@millrace/core/Source"
import { Braze, type BrazeEvent } from "@millrace/events-braze"
import * as Listen from "./internal/listen.ts"
import * as Run from "./internal/run.ts"
import * as Tokens from "./internal/tokens.ts"
import { Credentials, Settings } from "./Settings.ts"

/**
 * Where the receiver listens.
 *
 * @since 1.0.0
 * @category models
 */
export type Address = Listen.Address

/**
 * The plugin with an ear: `onListening` is told where the receiver listens each time it begins to, which is how to learn
 * the port that was taken for port 0.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plugin = (
  options: { readonly onListening?: (address: Address) => void } = {}
): Plugin<
  typeof Settings.Encoded,
  typeof Credentials.Encoded,
  Source.Source<BrazeEvent | Braze.UnknownEvent>
> =>
  Source.plugin({
    name: "@millrace/source-currents-http",
    settings: Settings,
    credentials: Credentials,
    catalogue: Braze.catalogue,
    push: true,
    renews: true,
    check: (settings, credentials) => Listen.check(settings, Tokens.tlsOf(credentials)),
    run: (settings, credentials) => (intake) =>
      Run.run({ settings, credentials, intake, onListening: options.onListening ?? (() => undefined) })
  })

/**
 * The plugin: `currentsHttp({ settings, credentials })` is a source. Credentials given as an Effect are read again every
 * 30 seconds, and before a token is refused, at most once a second.
 *
 * @since 1.0.0
 * @category constructors
 */
export const currentsHttp: ReturnType<typeof plugin> = plugin()
