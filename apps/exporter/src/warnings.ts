/**
 * What a configuration may say, and probably does not mean.
 */
import type { Loaded } from "@millrace/config/Config"
import { type Definition, retentionOf } from "@millrace/core/Definition"
import type { Lane } from "@millrace/core/Destination"
import * as Policy from "@millrace/core/Policy"
import * as Preview from "@millrace/core/Preview"
import type { Route } from "@millrace/core/Route"
import type { Asked } from "./checkLanes.ts"
import { span } from "./policyText.ts"

export const warningsOf = (
  { alerts, definition }: Loaded,
  routes: ReadonlyArray<Asked>
): ReadonlyArray<string> => [
  ...routes.flatMap(({ route, open }) =>
    [
      ...Preview.warnings(route, open, definition.sources),
      ...ofPolicy(route, definition, open.limits.concurrency)
    ].map((warning) => `route ${route.name}: ${warning}`)
  ),
  ...(alerts?.ways.length === 0 ? ["alerts: names neither a webhook nor e-mail, so nobody is told"] : []),
  ...sharedLanes(routes.flatMap(({ route, open }) => open.lanes.map((lane) => ({ route, lane }))))
]

const ofPolicy = (
  route: Route,
  definition: Pick<Definition, "retention">,
  concurrency: number
): ReadonlyArray<string> => {
  const policy = Policy.resolve(route.policy ?? {}, concurrency)
  const kept = retentionOf(definition, route)
  const limits = (["connectTimeout", "headersTimeout", "bodyTimeout"] as const).filter(
    (name) => policy[name] > policy.attemptTimeout
  )
  return [
    ...(kept < policy.longestBackoff
      ? [
          `retention is ${span(kept)}, and a lane may wait ${span(policy.longestBackoff)} between two attempts: what fails once may be a dead letter before it is tried again`
        ]
      : []),
    ...(policy.firstBackoff > policy.longestBackoff
      ? [
          `policy.firstBackoff, ${span(policy.firstBackoff)}, is longer than policy.longestBackoff, ${span(policy.longestBackoff)}, which holds`
        ]
      : []),
    ...limits.map(
      (name) =>
        `policy.${name}, ${span(policy[name])}, is longer than policy.attemptTimeout, ${span(policy.attemptTimeout)}, which holds`
    )
  ]
}

/** Lanes of different routes that reach the same place: what both send may arrive once only. */
const sharedLanes = (
  lanes: ReadonlyArray<{ readonly route: Route; readonly lane: Lane }>
): ReadonlyArray<string> =>
  lanes.flatMap(({ route, lane }, index) =>
    lanes
      .slice(index + 1)
      .filter((other) => lane.mark !== undefined && other.lane.mark === lane.mark && other.route !== route)
      .map(
        (other) =>
          `lane ${lane.name} of route ${route.name} and lane ${other.lane.name} of route ${other.route.name} reach the same place; an event that takes both may be dropped there as a repeat`
      )
  )
