/**
 * What an exporter is: its sources, and the routes that read them. `Exporter` runs it.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import type { Route } from "./Route.ts"
import type { Source } from "./Source.ts"

/**
 * Sources by name, and routes. What `start` runs; from a file, what `@millrace/config` makes.
 *
 * @since 1.0.0
 * @category models
 */
export interface Definition {
  readonly sources: Readonly<Record<string, Source>>
  readonly routes: ReadonlyArray<Route>
  /** How long an event may wait before it becomes a dead letter, unless its route says otherwise; default 7 days. */
  readonly retention?: Duration.Input | undefined
  /**
   * An event whose id was taken before within this time counts as filtered, reason `duplicate`, for every route that
   * reads its source. Off without it: remembering the ids costs time and disk, see the outbox.
   */
  readonly dedupe?: Duration.Input | undefined
  /**
   * How long a split, such as a file, must have been gone before its checkpoint is forgotten: if it comes back later, it is
   * read again from the start. Counted in days on which its source was looked through; default 90 days.
   */
  readonly checkpointRetention?: Duration.Input | undefined
}

/** An event waits no longer, unless the definition or its route says otherwise. */
const defaultRetention: Duration.Input = "7 days"

/**
 * How long an event of a route may wait before it becomes a dead letter, in milliseconds; also of a route that is gone.
 *
 * @since 1.0.0
 * @category conversions
 */
export const retentionOf = (
  { retention }: Pick<Definition, "retention">,
  route: Pick<Route, "retention"> | undefined
): number => Duration.toMillis(route?.retention ?? retention ?? defaultRetention)
