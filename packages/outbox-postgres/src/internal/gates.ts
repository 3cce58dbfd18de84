/** Gates of lanes as their rows hold them. */
import type { GateState, LaneKey } from "@millrace/core/Outbox"

export interface GateRow extends LaneKey {
  readonly id: number
  /** `null` for a gate that was never set. */
  readonly open: boolean | null
  readonly reason: string
  readonly since: number
  readonly not_before: number
  readonly former: string | null
  readonly version: number
  readonly changed_by: number | null
}

export const gateOf = ({ open, reason, since, not_before, former }: GateRow): GateState | undefined =>
  open === null
    ? undefined
    : {
        open,
        reason,
        since,
        notBefore: not_before,
        ...(former === null ? {} : { former: JSON.parse(former) })
      }
