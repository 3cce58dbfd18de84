/** Gates of lanes as their rows hold them. */
import type { DatabaseSync } from "node:sqlite"
import type { GateState, LaneKey } from "@millrace/core/Outbox"
import { type Query, query } from "./sql.ts"

export interface LaneRow extends LaneKey {
  readonly id: number
  /** `null` for a gate that was never set. */
  readonly open: number | null
  readonly reason: string
  readonly since: number
  readonly not_before: number
  readonly former: string | null
  readonly bytes: number
}

export const selectLanes = (db: DatabaseSync): Query<LaneRow> =>
  query<LaneRow>(
    db,
    "select id, route, name as lane, open, reason, since, not_before, former, bytes from lane"
  )

export const gateOf = ({ open, reason, since, not_before, former }: LaneRow): GateState | undefined =>
  open === null
    ? undefined
    : {
        open: open === 1,
        reason,
        since,
        notBefore: not_before,
        ...(former === null ? {} : { former: JSON.parse(former) })
      }

/** Writes the gate of a lane, by its number. */
export const keep = (db: DatabaseSync): ((lane: number, gate: GateState) => void) => {
  const update = query(
    db,
    "update lane set open = ?, reason = ?, since = ?, not_before = ?, former = ? where id = ?"
  )
  return (lane, { open, reason, since, notBefore, former }) => {
    const before = former === undefined ? null : JSON.stringify(former)
    update.run(open ? 1 : 0, reason, since, notBefore, before, lane)
  }
}
