import * as MParticleFacts from "@millrace/events-braze/MParticleFacts"
import type { Credentials } from "../Credentials.ts"
import { type Feeds, platformFeeds } from "../Feeds.ts"
import type { Settings } from "../Settings.ts"
import { type Plan, planner } from "./plan.ts"

/**
 * What is taken and delivered, and yet reaches no output of a platform, or not as a whole: nothing of the ledger shows it.
 * Where `unbound` is the feed of a platform, or no feed acts as one, there is nothing to warn of feeds.
 */
export const warningsOf =
  (settings: Settings, feeds: Feeds, credentials: Credentials) =>
  (types: ReadonlySet<string>): ReadonlyArray<string> => [
    ...ofFeeds(feeds, credentials, types),
    ...ofPlatforms(feeds, credentials, types),
    ...[...types].filter((type) => MParticleFacts.facts.has(type)).flatMap(ofNames(planner(settings)))
  ]

/** Attributes that are made of several fields, of which one alone is sent. */
const ofNames =
  (planOf: (type: string) => Plan) =>
  (type: string): ReadonlyArray<string> => {
    const { everything, inOrder } = planOf(type)
    if (everything) return []
    return [...Map.groupBy(inOrder, ({ name }) => name)].flatMap(([name, fields]) =>
      fields.length === 1
        ? []
        : [
            `attributes.${type}: ${listed(fields.map(({ field }) => field))} have the one name ${name}: of an event with several of them only the last is sent; give each a name of its own`
          ]
    )
  }

/** Feeds that share a pair, and those that have none though events are for them. */
const ofFeeds = (
  feeds: Feeds,
  credentials: Credentials,
  types: ReadonlySet<string>
): ReadonlyArray<string> => {
  const wanted = [...types].some((type) => MParticleFacts.facts.get(type)?.appLevel === true)
    ? platformFeeds
    : []
  const unbound = [...types].some((type) => MParticleFacts.facts.get(type)?.appLevel !== true)
    ? unboundFeed
    : []
  return [...wanted, ...unbound].flatMap((feed) => {
    const lane = feeds.laneOfFeed(feed)
    if (lane === undefined) {
      if (credentials.apps?.some((app) => app.feed === feed && app.key !== undefined)) return []
      return [
        `there is no pair for feed ${feed}: its events are skipped, and counted so; add credentials.${feed} if they are wanted`
      ]
    }
    return credentials[feed] === undefined || lane === feed
      ? []
      : [
          `credentials.${feed} and credentials.${lane} are the same pair: the events of both go by lane ${lane}, into one feed`
        ]
  })
}

const unboundFeed = ["unbound"] as const

const ofPlatforms = (
  feeds: Feeds,
  { apps = [] }: Credentials,
  types: ReadonlySet<string>
): ReadonlyArray<string> => {
  const unbound = feeds.laneOfFeed("unbound")
  const lanes = platformFeeds.map(feeds.laneOfFeed).filter((lane) => lane !== undefined)
  const homeless = apps.flatMap(({ appId, feed, key }, index) =>
    key === undefined && feeds.laneOfFeed(feed) === undefined
      ? [
          `credentials.apps.${index}: the app ${appId} has no pair of its own and feed ${feed} has none either, so its events are skipped; add one of the two`
        ]
      : []
  )
  if (lanes.length === 0 || (unbound !== undefined && lanes.includes(unbound))) return homeless
  const end =
    unbound === undefined
      ? "are skipped, since there is no unbound feed"
      : "can only go to the unbound feed, which outputs of a platform never see"
  const without = [...types].filter((type) => {
    const facts = MParticleFacts.facts.get(type)
    return facts?.appLevel === true && !facts.fields.has("platform")
  })
  const ofApps = without.filter((type) => MParticleFacts.facts.get(type)?.fields.has("app_id"))
  const ofNone = without.filter((type) => !ofApps.includes(type))
  return [
    ...homeless,
    ...(ofApps.length === 0 || apps.length > 0
      ? []
      : [
          `${listed(ofApps)} tell their app and no platform: they ${end}; name your apps under credentials.apps, a pair of their own is not needed`
        ]),
    ...(ofNone.length === 0
      ? []
      : [
          `${listed(ofNone)} tell neither app nor platform: they ${end}; leave them out with \`except\` if that is no use`
        ])
  ]
}

const listed = (types: ReadonlyArray<string>): string => types.join(", ")
