/**
 * The durable outbox: one SQLite database in a state directory that one process owns.
 *
 * Everything that resolved is on disk, synced; `kill -9` and a power cut lose nothing of it. It has no size limit of
 * its own: `append` fails as `Full` when the disk is, and may then be repeated as it is.
 *
 * @since 1.0.0
 */
import { Outbox, type OutboxError, plugin } from "@millrace/core/Outbox"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Database from "./internal/database.ts"
import { fromCause } from "./internal/failure.ts"
import * as Ownership from "./internal/ownership.ts"
import * as Service from "./internal/service.ts"
import * as Store from "./internal/store.ts"
import * as StoreThread from "./internal/storeThread.ts"

/**
 * The outbox of a state directory, worked by a thread of its own. The directory is created when missing.
 *
 * Fails as `Owned` while another store has the directory, in this process or another, as `Newer` when a later version
 * wrote it, as `Damaged` when it is no sound outbox, and as `Unavailable` when it cannot be written.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer = (options: { readonly directory: string }): Layer.Layer<Outbox, OutboxError> =>
  Layer.effect(
    Outbox,
    Effect.map(Effect.andThen(own(options.directory), StoreThread.open(storeWorker, options)), Service.make)
  )

/**
 * The same store, synchronous in the caller's thread: for simulations, and for commands that look and leave. Every
 * change is a transaction of its own, and free space is given back at closing. With `memory` nothing outlives the layer.
 *
 * @since 1.0.0
 * @category layers
 */
export const layerInThread = (
  options: { readonly directory: string } | { readonly memory: true }
): Layer.Layer<Outbox, OutboxError> =>
  Layer.effect(
    Outbox,
    Effect.map(
      "memory" in options
        ? openInThread(Database.memory)
        : Effect.andThen(own(options.directory), openInThread(options)),
      Service.make
    )
  )

/**
 * Settings of the plugin.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  path: Schema.NonEmptyString.annotate({
    description: "The state directory. Created when missing; one running exporter at a time owns it."
  })
})

/**
 * The plugin: `sqlite({ settings: { path: "./state" } })`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const sqlite = plugin({
  name: "@millrace/outbox-sqlite",
  settings: Settings,
  store: ({ path }) => ({ directory: path, layer: layer({ directory: path }) })
})

// internal

const storeWorker = new URL(
  import.meta.url.endsWith(".ts") ? "./StoreWorker.ts" : "./StoreWorker.js",
  import.meta.url
)

const attempt = <A>(place: string, body: () => A): Effect.Effect<A, OutboxError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(body())
    } catch (cause) {
      return Service.fail(fromCause(place, cause))
    }
  })

const own = (directory: string): Effect.Effect<void, OutboxError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(Clock.currentTimeMillis, (now) => attempt(directory, () => Ownership.own(directory, now))),
    (release) => Effect.sync(release)
  )

const openInThread = (place: Database.Place): Effect.Effect<Service.Run, OutboxError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      attempt(place.directory, () => Store.open(place)),
      (store) => Effect.sync(store.close)
    ),
    (store): Service.Run =>
      (call) =>
        Effect.suspend(() => {
          const answer = Store.isChange(call) ? store.commit([call])[0]! : store.read(call)
          return answer.done ? Effect.succeed(answer.value as never) : Service.fail(answer.failure)
        })
  )
