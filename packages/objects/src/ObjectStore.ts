/**
 * What a store of objects must be able to do for its objects to be found and read: list the folders below a prefix, list
 * the objects below one, and read a range of an object. An adapter is these three, each of them one request.
 *
 * @since 1.0.0
 */
import type { SourceError } from "@millrace/core/Source"
import type * as Effect from "effect/Effect"

/**
 * An object as a listing tells of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface StoredObject {
  /** Its whole name, with `/` between folders. */
  readonly key: string
  /** How many bytes it has, packed as they are. */
  readonly size: number
  /**
   * Changes whenever the object is written: the etag in S3 and Azure, the generation in Google Cloud. Without line breaks.
   */
  readonly tag: string
  /** When it was written, as the store says, in epoch milliseconds. It is told to people, and decides nothing. */
  readonly modified: number
}

/**
 * What one request of a listing yields.
 *
 * @since 1.0.0
 * @category models
 */
export interface Page<out A> {
  /** In the order of the store, which is that of their names. It may be empty although more follows. */
  readonly items: ReadonlyArray<A>
  /** Asks for the page behind this one; absent on the last. */
  readonly next?: string
}

/**
 * Which objects a listing yields.
 *
 * @since 1.0.0
 * @category models
 */
export interface Listing {
  /** What their keys begin with. */
  readonly prefix: string
  /** Only keys that sort behind this one. A store that cannot do this may list what is before it, too. */
  readonly after?: string
}

/**
 * A store, as discovery and reading ask of it. Each function is one request, and the adapter's client may repeat it a few
 * times where it failed by chance.
 *
 * What an error says decides what becomes of it; `StoreFault` makes each of them with its line for the operator:
 *
 * | `reason` | `kind` | from | outcome |
 * | --- | --- | --- | --- |
 * | `gone` | `retry` | `read`: the object is not there any more | left unread, a warning |
 * | `replaced` | `retry` | `read`: it has another tag than the one asked for | looked at again, and read as another object |
 * | `denied` | `retry` | `read`: this object may not be read | a problem of the object, tried again later |
 * | any | `unauthorized` | any: the credentials are wrong, expired, or may not list | the source waits for others under its gate |
 * | any | `retry` | any: throttled, reset, no such bucket | tried again after a while that grows |
 *
 * @since 1.0.0
 * @category models
 */
export interface ObjectStore {
  /** What errors and warnings call it, such as `s3://acme-currents`: a `/` and the key are put behind it. */
  readonly label: string
  /** The folders directly below a prefix, as prefixes: each begins with it and ends with `/`. */
  readonly folders: (prefix: string, page?: string) => Effect.Effect<Page<string>, SourceError>
  /** The objects below a prefix, in all folders. */
  readonly list: (listing: Listing, page?: string) => Effect.Effect<Page<StoredObject>, SourceError>
  /**
   * `length` bytes of an object from `offset` on, or what there is of them. Only of the object with this tag: the store is
   * to compare it in the same request.
   */
  readonly read: (
    object: StoredObject,
    offset: number,
    length: number
  ) => Effect.Effect<Uint8Array, SourceError>
}
