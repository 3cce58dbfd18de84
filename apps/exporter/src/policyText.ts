/**
 * How a route's lanes try again, in one sentence with the numbers that hold.
 */
import * as Policy from "@millrace/core/Policy"
import type { Route } from "@millrace/core/Route"
import * as Duration from "effect/Duration"

const span = (millis: number) => Duration.format(Duration.millis(millis))

/** `retention` is the exporter's own; `concurrency` the destination's limit. */
export const policyText = (
  route: Route,
  retention: Duration.Input | undefined,
  concurrency: number
): string => {
  const policy = Policy.resolve(route.policy ?? {}, concurrency)
  const kept = Duration.toMillis(route.retention ?? retention ?? "7 days")
  return [
    `route ${route.name}: at most ${policy.concurrency} requests at once in a lane, fewer while the remote is slow`,
    `tries again after up to ${span(policy.firstBackoff)}, doubling to ${span(policy.longestBackoff)}, or when the remote says`,
    `after ${policy.breakerAfter} failures in a row one request at a time`,
    `refused credentials are tried every ${span(policy.probeEvery)}`,
    `one attempt takes at most ${span(policy.attemptTimeout)}`,
    `an event waits at most ${span(kept)}, then it is a dead letter`
  ].join("; ")
}
