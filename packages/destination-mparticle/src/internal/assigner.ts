import * as Destination from "@millrace/core/Destination"
import type { BrazeEvent } from "@millrace/events-braze"
import type { Feeds } from "../Feeds.ts"
import type { Settings } from "../Settings.ts"
import { historicalLane } from "./endpoints.ts"
import { isIdentified } from "./head.ts"
import type { Mapper } from "./mapper.ts"
import { present } from "./values.ts"

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
    // The head is what all events of one mParticle batch share: user and device.
    const head = groups || isAnonymous ? map.head(event, lane ?? "") : undefined
    if (head !== undefined && isAnonymous && !isIdentified(head)) return Destination.skip("anonymous")
    if (lane === undefined) return Destination.skip("missing-feed")
    return Destination.to(lane, groups ? JSON.stringify(head) : undefined)
  }
}
