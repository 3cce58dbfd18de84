/**
 * How a route's lanes try again, in one sentence with the numbers that hold.
 */
import { type Definition, retentionOf } from "@millrace/core/Definition"
import * as Policy from "@millrace/core/Policy"
import type { Route } from "@millrace/core/Route"
import * as Text from "@millrace/operations/Text"
import * as Duration from "effect/Duration"

export const span = (millis: number) => Duration.format(Duration.millis(millis))

/** `concurrency` is the destination's limit. */
export const policyText = (
  route: Route,
  definition: Pick<Definition, "retention">,
  concurrency: number
): string => {
  const policy = Policy.resolve(route.policy ?? {}, concurrency)
  return [
    `route ${route.name}: at most ${Text.counted(policy.concurrency, "request")} at once in a lane, fewer while the remote is slow`,
    `tries again after up to ${span(policy.firstBackoff)}, doubling to ${span(policy.longestBackoff)}, or when the remote says`,
    `after ${policy.breakerAfter} failures in a row one request at a time`,
    `refused credentials are tried every ${span(policy.probeEvery)}`,
    `one attempt takes at most ${span(policy.attemptTimeout)}, and of that ${span(policy.connectTimeout)} to connect, ${span(policy.headersTimeout)} until an answer begins, ${span(policy.bodyTimeout)} until it is read`,
    `an event waits at most ${span(retentionOf(definition, route))}, then it is a dead letter`,
    ...(route.share === undefined ? [] : [Text.share(route.share)])
  ].join("; ")
}
