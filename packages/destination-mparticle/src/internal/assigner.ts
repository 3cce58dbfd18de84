import * as Destination from "@millrace/core/Destination"
import type { BrazeEvent } from "@millrace/events-braze"
import { present } from "@millrace/events-braze/Values"
import type { Feeds } from "../Feeds.ts"
import type { Settings } from "../Settings.ts"
import { historicalLane } from "./endpoints.ts"
import { type Head, isIdentified } from "./head.ts"
import type { Mapper } from "./mapper.ts"

/**
 * Events of one person and one device may share an mParticle batch, or of one person and no device that is told. What they
 * tell of either adds up.
 */
const groupOf = ({ user }: BrazeEvent, { device, deviceId }: Head): string =>
  JSON.stringify([user.externalId, user.sourceId, device === undefined ? null : (deviceId ?? device)])

/** Identity first, then the feed: an event that names nobody is no matter of credentials. */
export const assigner = (
  settings: Settings,
  feeds: Feeds,
  map: Mapper
): ((event: BrazeEvent) => Destination.Assignment) => {
  const skipsAnonymous = settings.identity.anonymous === "skip"
  const groups = settings.grouping === "user"
  const before = settings.historicalBefore === undefined ? -Infinity : Date.parse(settings.historicalBefore)
  return (event) => {
    const isAnonymous = !present(event.user.externalId)
    if (isAnonymous && skipsAnonymous) return Destination.skip("anonymous")
    const feed = feeds.laneOf(event)
    const lane = feed !== undefined && event.time < before ? historicalLane(feed) : feed
    const head = isAnonymous || groups ? map.head(event) : undefined
    if (isAnonymous && head !== undefined && !isIdentified(head)) return Destination.skip("anonymous")
    if (lane === undefined) return Destination.skip("missing-feed")
    if (!groups || head === undefined) return Destination.to(lane)
    return Destination.to(lane, isAnonymous ? JSON.stringify(head) : groupOf(event, head))
  }
}
