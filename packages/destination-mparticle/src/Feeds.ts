/**
 * Which lane an event takes. A lane is one pair of credentials, named by where it stands first: `ios`, `android`,
 * `web`, `unbound`, `app:<appId>`.
 *
 * An event that belongs to an app goes to the lane of its `app_id`, else to that of the platform which `apps` names for
 * its `app_id`, else to that of its own platform; all others are unbound, whatever fields they carry.
 *
 * @since 1.0.0
 */
import type { Event } from "@millrace/core/Event"
import { properties } from "@millrace/core/Event"
import * as Braze from "@millrace/events-braze/Braze"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Credentials, FeedName, Pair } from "./Credentials.ts"
import type { Settings } from "./Settings.ts"

/**
 * One lane; without a pair it waits for one.
 *
 * @since 1.0.0
 * @category models
 */
export interface FeedLane {
  readonly lane: string
  readonly feed: FeedName
  readonly pair: Pair | undefined
}

/**
 * The lanes that the credentials make, and which of them an event takes.
 *
 * @since 1.0.0
 * @category models
 */
export interface Feeds {
  readonly lanes: ReadonlyArray<FeedLane>
  /** The lane of an event; `undefined` when its feed has no credentials and events without a feed are skipped. */
  readonly laneOf: (event: Event) => string | undefined
  /** The lane of a feed; `undefined` as for `laneOf`. */
  readonly laneOfFeed: (feed: FeedName) => string | undefined
  /** The feed that the credentials name for an app. */
  readonly feedOfApp: (appId: unknown) => FeedName | undefined
}

/**
 * The feed of a Currents platform. Fire TV and Kindle are `kindle`. Braze documents the values, not the feeds of
 * tvos, kindle and roku: those are our choice.
 *
 * @since 1.0.0
 * @category conversions
 */
export const feedOf = (platform: unknown): FeedName =>
  (typeof platform === "string" ? platforms.get(platform) : undefined) ?? "unbound"

/**
 * The feeds that act as a platform.
 *
 * @since 1.0.0
 * @category models
 */
export const platformFeeds: ReadonlyArray<FeedName> = ["ios", "android", "web"]

/**
 * Fails with a text that names the credentials at fault: none at all, an app twice, a key with two secrets, or no
 * unbound pair though missing feeds shall go there.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = (
  credentials: Credentials,
  missingFeed: Settings["missingFeed"]
): Result.Result<Feeds, string> => {
  const entries = entriesOf(credentials)
  if (entries.length === 0) {
    return Result.fail(
      "credentials: expected key and secret of at least one mParticle feed, under ios, android, web, unbound or apps"
    )
  }
  const lanes: Array<Entry> = []
  /** The lane of each name, which is another's when the pair was there before. */
  const laneByName = new Map<string, string>()
  for (const entry of entries) {
    const same = lanes.find(({ pair }) => isSame(pair.key, entry.pair.key))
    if (same !== undefined && !isSame(same.pair.secret, entry.pair.secret)) {
      return Result.fail(
        `${same.path} and ${entry.path} have the same key and different secrets; correct one`
      )
    }
    if (same === undefined) lanes.push(entry)
    laneByName.set(entry.lane, same?.lane ?? entry.lane)
  }
  const apps = appsOf(credentials)
  const [twice] = apps.filter(({ appId }, index) => apps.findIndex((app) => app.appId === appId) < index)
  if (twice !== undefined) {
    const first = apps.find(({ appId }) => appId === twice.appId)!
    return Result.fail(`${first.path} and ${twice.path} have the same appId; leave one of them out`)
  }
  const feedByApp = new Map<unknown, FeedName>(apps.map(({ appId, feed }) => [appId, feed]))
  const laneByApp = new Map<unknown, string>(
    apps.flatMap(({ appId }) => {
      const lane = laneByName.get(laneOfApp(appId))
      return lane === undefined ? [] : [[appId, lane]]
    })
  )
  const unbound = laneByName.get("unbound")
  if (missingFeed === "unbound" && unbound === undefined) {
    return Result.fail("credentials.unbound: expected key and secret, since missingFeed is unbound")
  }
  const held = missingFeed === "hold" ? names.filter((name) => !laneByName.has(name)) : []
  for (const name of held) laneByName.set(name, name)
  const laneOfFeed = (feed: FeedName) =>
    laneByName.get(feed) ?? (missingFeed === "unbound" ? unbound : undefined)
  const byFeed = new Map(names.map((name) => [name, laneOfFeed(name)]))
  return Result.succeed({
    lanes: [
      ...lanes.map(({ feed, lane, pair }) => ({ lane, feed, pair })),
      ...held.map((feed) => ({ lane: feed, feed, pair: undefined }))
    ],
    laneOf: (event) => {
      if (!Braze.isAppLevel(event.type)) return byFeed.get("unbound")
      const { app_id, platform } = properties(event)
      return laneByApp.get(app_id) ?? byFeed.get(feedByApp.get(app_id) ?? feedOf(platform))
    },
    laneOfFeed: (feed) => byFeed.get(feed),
    feedOfApp: (appId) => feedByApp.get(appId)
  })
}

// internal

const names: ReadonlyArray<FeedName> = [...platformFeeds, "unbound"]

const platforms: ReadonlyMap<string, FeedName> = new Map([
  ["ios", "ios"],
  ["tvos", "ios"],
  ["android", "android"],
  ["kindle", "android"],
  ["web", "web"]
])

interface Entry extends FeedLane {
  /** Where it stands in the credentials. */
  readonly path: string
  readonly pair: Pair
}

const entriesOf = (credentials: Credentials): ReadonlyArray<Entry> => [
  ...names.flatMap((feed) => {
    const pair = credentials[feed]
    return pair === undefined ? [] : [{ path: `credentials.${feed}`, lane: feed, feed, pair }]
  }),
  ...appsOf(credentials).flatMap(({ appId, feed, key, path, secret }) =>
    key === undefined || secret === undefined
      ? []
      : [{ path, lane: laneOfApp(appId), feed, pair: { key, secret } }]
  )
]

const laneOfApp = (appId: string) => `app:${appId}`

const appsOf = ({ apps = [] }: Credentials) =>
  apps.map((app, index) => ({ ...app, path: `credentials.apps.${index}` }))

const isSame = (one: Redacted.Redacted<string>, other: Redacted.Redacted<string>): boolean =>
  Redacted.value(one) === Redacted.value(other)
