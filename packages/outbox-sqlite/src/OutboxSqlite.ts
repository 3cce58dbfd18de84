/**
 * The durable outbox: one SQLite database in a state directory that one process owns.
 *
 * Everything that resolved is on disk, synced; `kill -9` and a power cut lose nothing of it. Its size is limited:
 * `append` waits while it is reached. When the disk is full before that, `append` fails as `Full`, and may then be
 * repeated as it is.
 *
 * @since 1.0.0
 */
import {
  type Compaction,
  Outbox,
  type OutboxError,
  plugin,
  type Transfer,
  type Verification
} from "@millrace/core/Outbox"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Arrive from "./internal/arrive.ts"
import * as Compact from "./internal/compact.ts"
import * as Database from "./internal/database.ts"
import { attempt, held, own } from "./internal/held.ts"
import * as Identity from "./internal/identity.ts"
import * as Leave from "./internal/leave.ts"
import { isChange } from "./internal/operations.ts"
import * as Ownership from "./internal/ownership.ts"
import * as Scrubbed from "./internal/scrubbed.ts"
import * as Service from "./internal/service.ts"
import * as StoreThread from "./internal/storeThread.ts"
import * as Usable from "./internal/usable.ts"
import * as Verify from "./internal/verify.ts"

/**
 * Where an outbox lives, and how large it may become.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options {
  readonly directory: string
  /** Bytes in use at which appends begin to wait; default 10 GiB. Free pages and the write-ahead log do not count. */
  readonly size?: number | undefined
}

/**
 * The outbox of a state directory, worked by a thread of its own. The directory is created when missing.
 *
 * Fails as `Owned` while another store has the directory, in this process or another, as `Newer` when a later version
 * wrote it, as `Damaged` when it is no sound outbox or not the one that was used last, and as `Unavailable` when it cannot
 * be written.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Outbox, OutboxError> =>
  Layer.effect(
    Outbox,
    Effect.map(
      Effect.andThen(own(options.directory), StoreThread.open(storeWorker, placeOf(options))),
      Service.make
    )
  )

/**
 * The same store, synchronous in the caller's thread: for simulations, and for commands that look and leave. Every
 * change is a transaction of its own, and free space is given back at closing. With `memory` nothing outlives the layer.
 *
 * @since 1.0.0
 * @category layers
 */
export const layerInThread = (
  options: Options | { readonly memory: true }
): Layer.Layer<Outbox, OutboxError> =>
  Layer.effect(
    Outbox,
    Effect.map(
      "memory" in options
        ? openInThread(Database.memory)
        : Effect.andThen(own(options.directory), openInThread(placeOf(options))),
      Service.make
    )
  )

/**
 * The store of a directory that nobody owns, for reading only: opens on a full disk too, and on a read-only file system.
 * Whatever would change it fails as `Unavailable`.
 *
 * Fails as `Owned` while a store has the directory, as `Newer` when a later version wrote it, as `Unavailable` when there
 * is no outbox, when it cannot be read, or when an earlier version wrote it, and as `Damaged` when it is no sound outbox.
 *
 * @since 1.0.0
 * @category layers
 */
export const layerToRead = (options: Options): Layer.Layer<Outbox, OutboxError> =>
  Layer.effect(
    Outbox,
    Effect.map(
      Effect.andThen(
        held(options.directory, () => {
          Verify.expectOutbox(options.directory)
          return Ownership.watch(options.directory)
        }),
        openInThread({ ...placeOf(options), toRead: true })
      ),
      Service.make
    )
  )

/**
 * Looks an outbox through that nobody has open: SQLite's own check of the file, what waits and what is dead counted
 * against the ledger, rows that belong to nothing, and records whose bytes are not those that were written. Reads
 * everything, which takes seconds for each gigabyte; changes nothing.
 *
 * Fails as `Owned` while a store has the directory, as `Newer` when a later version wrote it, as `Unavailable` when there
 * is no outbox or it cannot be read. Damage is no failure but a finding.
 *
 * @since 1.0.0
 * @category constructors
 */
export const verify = (options: { readonly directory: string }): Effect.Effect<Verification, OutboxError> =>
  alone(options, Verify.verify)

/**
 * Makes the file of an outbox that nobody has open as small as it can be. Needs free space for a second copy meanwhile;
 * fails as `Full`, changing nothing, when there is not enough, and otherwise like `layer`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const compact = (options: { readonly directory: string }): Effect.Effect<Compaction, OutboxError> =>
  alone(options, Compact.compact)

/**
 * Proves that the outbox of a directory could be opened, or made, and changes nothing. Fails as `layer` would, except that a
 * store which has the directory open is no fault.
 *
 * @since 1.0.0
 * @category constructors
 */
export const check = ({ directory }: { readonly directory: string }): Effect.Effect<void, OutboxError> =>
  Effect.catchIf(
    attempt(directory, () => Usable.expectUsable(directory)),
    ({ reason }) => reason === "Owned",
    () => Effect.void
  )

/**
 * An operator's word that the outbox of a directory is good as it is. Afterwards it opens though it is gone, another one,
 * an older copy or without its log; what it held then is lost. Fails as `Owned` while a store has the directory.
 *
 * @since 1.0.0
 * @category constructors
 */
export const accept = ({ directory }: { readonly directory: string }): Effect.Effect<void, OutboxError> =>
  Effect.scoped(
    Effect.andThen(
      own(directory),
      attempt(directory, () => Identity.accept(directory))
    )
  )

/**
 * How the outbox of a directory is moved to another outbox, or filled from one.
 *
 * @since 1.0.0
 * @category constructors
 */
export const transfer = ({ directory }: { readonly directory: string }): Transfer => ({
  name: `the outbox in ${directory}`,
  leave: Leave.leave(directory),
  arrive: Arrive.arrive(directory)
})

/** An empty database takes a part of it already. */
const leastSize = 1_000_000

/**
 * Settings of the plugin.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  path: Schema.NonEmptyString.annotate({
    description:
      "The state directory. Created when missing, parents too; one running exporter at a time owns it."
  }),
  size: Schema.ByteSizeFromString.check(
    Schema.makeFilter(
      (size) => ByteSize.toNumberUnsafe(size) >= leastSize || "expected a size of 1 MB or more"
    )
  )
    .annotate({
      description:
        "How large the outbox may become, as `500 MB` or `10 GiB`, and `1 MB` at least: what waits, dead letters and remembered ids. Then sources are held back."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("10 GiB")))
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
  store: ({ path, size }) => {
    const options = { directory: path, size: ByteSize.toNumberUnsafe(size) }
    return {
      directory: path,
      layer: layer(options),
      look: layerToRead(options),
      check: check(options),
      maintenance: { verify: verify(options), compact: compact(options), accept: accept(options) },
      transfer: transfer(options)
    }
  }
})

// internal

const defaultSize = ByteSize.toNumberUnsafe(ByteSize.gibibytes(10))

const placeOf = ({ directory, size = defaultSize }: Options): Database.Place => ({ directory, size })

const storeWorker = new URL(
  import.meta.url.endsWith(".ts") ? "./StoreWorker.ts" : "./StoreWorker.js",
  import.meta.url
)

/** Runs `body` on a directory that holds an outbox, as its owner. */
const alone = <A>({ directory }: { readonly directory: string }, body: (directory: string) => A) =>
  Effect.scoped(
    Effect.andThen(
      attempt(directory, () => Verify.expectOutbox(directory)),
      Effect.andThen(
        own(directory),
        attempt(directory, () => body(directory))
      )
    )
  )

const openInThread = Effect.fnUntraced(function* (
  place: Database.Place
): Effect.fn.Return<Service.Opened, OutboxError, Scope.Scope> {
  const room = yield* Latch.make(true)
  const store = yield* Effect.acquireRelease(
    attempt(place.directory, () =>
      Scrubbed.open(place, (full) => (full ? room.closeUnsafe() : room.openUnsafe()))
    ),
    (store) => Effect.sync(store.close)
  )
  const run: Service.Run = (call) =>
    Effect.suspend(() => {
      const answer = isChange(call) ? store.commit([call])[0]! : store.read(call)
      return answer.done ? Effect.succeed(answer.value as never) : Service.fail(answer.failure)
    })
  return { run, room }
})
