import * as Destination from "@millrace/core/Destination"
import type { BrazeEvent } from "@millrace/events-braze"
import { present } from "@millrace/events-braze/Values"
import type { Feeds } from "../Feeds.ts"
import type { Settings } from "../Settings.ts"
import { historicalLane } from "./endpoints.ts"
import { type Head, isIdentified } from "./head.ts"
import type { Mapper } from "./mapper.ts"

/**
 * Events of one person, or of nobody known, that tell the same of the device may share an mParticle batch. What they tell
 * of the person may add up.
 */
const groupOf = ({ user }: BrazeEvent, head: Head, isAnonymous: boolean): string =>
  JSON.stringify(isAnonymous ? head : [user.externalId, user.sourceId, head.device])

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
    return Destination.to(lane, groups && head !== undefined ? groupOf(event, head, isAnonymous) : undefined)
  }
}
