import { createHash } from "node:crypto"
import * as Redacted from "effect/Redacted"
import type { Pair } from "../Credentials.ts"
import type { FeedLane, Feeds } from "../Feeds.ts"
import * as Limits from "../Limits.ts"
import type { Settings } from "../Settings.ts"

/** One lane's way to mParticle. */
export interface Endpoint extends FeedLane {
  /** Below the base URL. */
  readonly path: "/v2/bulkevents" | "/v2/bulkevents/historical"
  /** Epoch milliseconds before which nothing is sent: the endpoint would drop it. */
  readonly notBefore: number
}

export const historicalLane = (lane: string): string => `${lane}:historical`

/** A lane for each feed, and one more for each when there is a date before which events are historical. */
export const endpointsOf = (feeds: Feeds, { historicalBefore }: Settings): ReadonlyArray<Endpoint> => {
  const live = feeds.lanes.map((feed): Endpoint => ({ ...feed, path: "/v2/bulkevents", notBefore: 0 }))
  if (historicalBefore === undefined) return live
  const notBefore = Date.parse(historicalBefore) + Limits.historicalAge
  const historical = feeds.lanes.map(
    (feed): Endpoint => ({
      ...feed,
      lane: historicalLane(feed.lane),
      path: "/v2/bulkevents/historical",
      notBefore
    })
  )
  return [...live, ...historical]
}

/** The same for the same key at the same place. A hash: it is compared and may be shown. */
export const markOf = (address: URL, path: string, { key }: Pair): string =>
  createHash("sha256")
    .update(JSON.stringify([address.href, path, Redacted.value(key)]))
    .digest("hex")
