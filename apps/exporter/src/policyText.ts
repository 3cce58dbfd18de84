/**
 * How a route's lanes try again, in one sentence with the numbers that hold.
 */
import * as Policy from "@millrace/core/Policy"
import type { Route, Share } from "@millrace/core/Route"
import * as Duration from "effect/Duration"
import { bytes, counted } from "./table.ts"

export const span = (millis: number) => Duration.format(Duration.millis(millis))

/** Milliseconds that an event of a route may wait, also of one that is gone; `ofAll` is the exporter's own retention. */
export const keptFor = (
  route: Pick<Route, "retention"> | undefined,
  ofAll: Duration.Input | undefined
): number => Duration.toMillis(route?.retention ?? ofAll ?? "7 days")

/** What happens when a lane fills its share. */
export const shareText = ({ size, whenFull }: Share): string =>
  `a lane may fill ${bytes(size)} of the outbox, then ${whenFull === "set-aside" ? "its oldest events become dead letters" : "the sources are held back"}`

/** `retention` is the exporter's own; `concurrency` the destination's limit. */
export const policyText = (
  route: Route,
  retention: Duration.Input | undefined,
  concurrency: number
): string => {
  const policy = Policy.resolve(route.policy ?? {}, concurrency)
  return [
    `route ${route.name}: at most ${counted(policy.concurrency, "request")} at once in a lane, fewer while the remote is slow`,
    `tries again after up to ${span(policy.firstBackoff)}, doubling to ${span(policy.longestBackoff)}, or when the remote says`,
    `after ${policy.breakerAfter} failures in a row one request at a time`,
    `refused credentials are tried every ${span(policy.probeEvery)}`,
    `one attempt takes at most ${span(policy.attemptTimeout)}, and of that ${span(policy.connectTimeout)} to connect, ${span(policy.headersTimeout)} until an answer begins, ${span(policy.bodyTimeout)} until it is read`,
    `an event waits at most ${span(keptFor(route, retention))}, then it is a dead letter`,
    ...(route.share === undefined ? [] : [shareText(route.share)])
  ].join("; ")
}
