/**
 * A destination as a lane has it open, until its credentials change.
 */
import * as Duration from "effect/Duration"
import type * as Scope from "effect/Scope"
import type { Connection, Opened } from "../../Destination.ts"
import type { LaneKey, Outbox } from "../../Outbox.ts"
import * as Policy from "../../Policy.ts"
import type { Route } from "../../Route.ts"
import * as Bodies from "../message/Bodies.ts"
import * as Compose from "../message/Compose.ts"
import * as ReadBack from "../message/ReadBack.ts"

export interface OpenDestination {
  readonly opened: Opened
  /** Why the configuration holds the lane; `undefined` when it does not. */
  readonly held: string | undefined
  /** Milliseconds that events wait for others of their group. */
  readonly window: number
  readonly policy: Policy.Resolved
  readonly composer: Compose.Composer
  readonly readBack: ReadBack.ReadBack
  readonly bodies: Bodies.Bodies
  connection: Held | undefined
}

/** A connection that is open. */
export interface Held {
  readonly connection: Connection
  readonly scope: Scope.Closeable
  /** Attempts under way over it. */
  users: number
  /** Whether the remote has taken something over it: then its credentials were good. */
  isProven: boolean
}

export interface Options {
  readonly key: LaneKey
  readonly route: Route
  readonly outbox: Outbox["Service"]
  readonly decode: ReadBack.Decoders
}

export const make = ({ key, route, outbox, decode }: Options, opened: Opened): OpenDestination => {
  const lane = opened.lanes.find(({ name }) => name === key.lane)
  const policy = Policy.resolve(route.policy ?? {}, opened.limits.concurrency)
  return {
    opened,
    held: lane === undefined ? "not-in-configuration" : lane.held,
    window: Duration.toMillis(opened.limits.window),
    policy,
    composer: Compose.make(outbox, key, opened),
    readBack: ReadBack.make(route, opened, key.lane, decode),
    bodies: Bodies.make(policy.concurrency),
    connection: undefined
  }
}
