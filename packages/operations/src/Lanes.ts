/**
 * The lanes of an exporter as they stand, with what waits in each and for how long it may.
 *
 * @since 1.0.0
 */
import { type Definition, retentionOf } from "@millrace/core/Definition"
import type { Ledger } from "@millrace/core/Ledger"
import type { LaneKey } from "@millrace/core/Outbox"
import type { Share } from "@millrace/core/Route"
import type { LaneStatus } from "@millrace/core/Running"
import type { Status } from "./Status.ts"

/**
 * A lane, with what waits in it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Lane extends LaneStatus {
  /** Events that wait. */
  readonly waiting: number
  /** Bytes of the outbox that they fill. */
  readonly bytes: number
  /** The part of the outbox that they may fill; absent for all of it. */
  readonly share?: Share
  /** When the oldest of them was stored, in epoch milliseconds. */
  readonly oldest?: number
  /** When the oldest of them becomes a dead letter, in epoch milliseconds. */
  readonly expires?: number
}

/**
 * The one of a lane, among statuses, states or whatever has a route and a lane.
 *
 * @since 1.0.0
 * @category conversions
 */
export const find = <A extends LaneKey>(all: ReadonlyArray<A>, { route, lane }: LaneKey): A | undefined =>
  all.find((one) => one.route === route && one.lane === lane)

/**
 * Every lane of a status.
 *
 * @since 1.0.0
 * @category conversions
 */
export const list = (
  { lanes, stored }: Pick<Status, "lanes" | "stored">,
  definition: Definition
): ReadonlyArray<Lane> =>
  lanes.map((status) => {
    const state = find(stored, status)
    const route = definition.routes.find(({ name }) => name === status.route)
    const oldest = state?.oldest
    return {
      ...status,
      waiting: state?.waiting ?? 0,
      bytes: state?.bytes ?? 0,
      ...(route?.share === undefined ? {} : { share: route.share }),
      ...(oldest === undefined ? {} : { oldest, expires: oldest + retentionOf(definition, route) })
    }
  })

/**
 * Every lane that something was ever stored for.
 *
 * @since 1.0.0
 * @category conversions
 */
export const ofLedger = ({ routes }: Ledger): ReadonlyArray<LaneKey> =>
  Object.entries(routes).flatMap(([route, { delivered, waiting }]) =>
    [...new Set([...Object.keys(delivered), ...Object.keys(waiting)])].sort().map((lane) => ({ route, lane }))
  )
