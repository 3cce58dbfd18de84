/**
 * A track of a lane that this instance owns, by a lease. What lies in memory points to the track it came from, so that an answer
 * that comes late still knows whether the instance may speak for it.
 */
import type { Lease, Token } from "../../Outbox.ts"

export interface OwnTrack {
  readonly track: number
  readonly token: Token
  /** By the lease; asked before anything of the track is sent. */
  readonly isSure: Lease["isSure"]
  /** Another has it, or may have: nothing of it is sent or settled any more. */
  isLost: boolean
  /** It is being given up: nothing of it is begun any more, and what is under way ends. */
  isLeaving: boolean
  /** Messages of it that are under way. */
  underWay: number
}

export const make = (track: number, { token, isSure }: Pick<Lease, "token" | "isSure">): OwnTrack => ({
  track,
  token,
  isSure,
  isLost: false,
  isLeaving: false,
  underWay: 0
})

/** Whether the lane has nothing more to do with it but what is under way. */
export const isGone = ({ isLost, isLeaving }: OwnTrack): boolean => isLost || isLeaving

/** Of what has no track yet: it is not in a lane's memory. */
export const none: OwnTrack = make(0, { token: 0, isSure: () => true })
