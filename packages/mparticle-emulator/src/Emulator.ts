/**
 * A local mParticle Events API: it refuses what mParticle refuses, forgets duplicates as mParticle does, records
 * every request before it answers, and fails on demand. It forwards nothing to anyone.
 *
 * @since 1.0.0
 */
import { createServer } from "node:http"
import * as Page from "@millrace/page/Page"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Random from "effect/Random"
import type { Scope } from "effect/Scope"
import type { Entry } from "./Capture.ts"
import type { EmulatorError } from "./EmulatorError.ts"
import type { FailurePlan } from "./FailurePlan.ts"
import type { Feeds } from "./Feeds.ts"
import { senderOf } from "./internal/accounts.ts"
import { adminApi } from "./internal/adminApi.ts"
import { fileCapture, memoryCapture } from "./internal/captureStore.ts"
import { eventsApi } from "./internal/eventsApi.ts"
import { makeFailures } from "./internal/failures.ts"
import { listen } from "./internal/listen.ts"
import { isOfPage, servePage } from "./internal/page.ts"
import { replay } from "./internal/replay.ts"
import { makeTally } from "./internal/tally.ts"
import { makeTokenBuckets } from "./internal/tokenBucket.ts"
import type { State } from "./State.ts"

/**
 * How an emulator is to be.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options {
  readonly feeds: Feeds
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 0: one that is free. */
  readonly port?: number
  /** File that records the requests; read at start, so that counts and known ids survive a restart. */
  readonly capture?: string
  /** Batches a second allowed to each feed; unlimited when left out. */
  readonly rate?: number
  /**
   * Answer in all as mParticle documents, where the emulator is stricter by default: 202 to a bulk request with bad
   * batches, which are dropped, and nothing bad in what only goes beyond advice. Default false.
   */
  readonly faithful?: boolean
  /** Seed of the failures; a random one when left out. */
  readonly seed?: number
  /** Failures from the start. */
  readonly failures?: FailurePlan
}

/**
 * A running emulator.
 *
 * @since 1.0.0
 * @category models
 */
export interface Emulator {
  /** Base URL without a slash at its end. */
  readonly url: string
  readonly state: () => State
  /** Replaces the failure plan; an empty one ends all failures. */
  readonly fail: (plan: FailurePlan) => void
  /** Replaces the feeds, and so the credentials that are taken. */
  readonly setFeeds: (feeds: Feeds) => void
  /** Requests in their order: all of the capture file, or else the latest 10,000 or 64 Mi characters of body. */
  readonly requests: () => ReadonlyArray<Entry>
  /** Forgets counts, known ids and recorded requests; empties the capture file. */
  readonly clear: () => void
}

/**
 * Starts an emulator that runs until the scope closes. Its time, and every wait it makes, is the `Clock`'s.
 * Fails when the address is taken, or the capture file cannot be read or written.
 *
 * @since 1.0.0
 * @category constructors
 */
export const start = Effect.fn("Emulator.start")(function* (
  options: Options
): Effect.fn.Return<Emulator, EmulatorError, Scope> {
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const fork = yield* FiberSet.makeRuntime<never>()
  const seed = options.seed ?? (yield* Random.nextIntBetween(0, 2_147_483_647))

  const tally = makeTally()
  const capture =
    options.capture === undefined
      ? memoryCapture()
      : yield* fileCapture(options.capture, (entry) => tally.apply(replay(entry)))

  const failures = makeFailures(seed)
  failures.set(options.failures ?? [], now())
  let feeds = options.feeds
  let find = senderOf(feeds)

  const control = {
    state: (): State => ({ seed, ...tally.read(Object.keys(feeds)), failures: failures.standing(now()) }),
    fail: (plan: FailurePlan) => failures.set(plan, now()),
    setFeeds: (changed: Feeds) => {
      feeds = changed
      find = senderOf(changed)
    },
    clear: () => {
      capture.clear()
      tally.clear()
    }
  }
  const admin = adminApi(control)
  const events = eventsApi({
    now,
    senderOf: (authorization) => find(authorization),
    failures,
    rules: {
      faithful: options.faithful ?? false,
      limit: options.rate === undefined ? undefined : makeTokenBuckets(options.rate)
    },
    capture,
    tally,
    fork
  })

  const page = servePage(yield* Effect.cached(Page.load("emulator")), fork)
  const server = createServer((request, response) => {
    if (isOfPage(request)) page(request, response)
    else if (request.url?.startsWith("/_emulator")) admin(request, response)
    else events(request, response)
  })
  const url = yield* listen(server, options.host ?? "127.0.0.1", options.port ?? 0)
  return { url, ...control, requests: capture.entries }
})
