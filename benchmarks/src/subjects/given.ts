/** What the runner tells a subject. */
import process from "node:process"
import { parseArgs } from "node:util"
import { authorizationOf } from "../credentials.ts"
import { type Feed, feeds } from "../message.ts"

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "" },
    input: { type: "string", default: "" },
    /** A folder of the subject's own. */
    work: { type: "string", default: "" },
    variant: { type: "string", default: "" },
    /** Millrace's: `memory` or `sqlite`. */
    outbox: { type: "string", default: "" },
    /** Millrace's: `bucket`, where the input is to be read from S3. */
    store: { type: "string", default: "" },
    /** Millrace's: `1`, or `3` that share the same events. */
    routes: { type: "string", default: "1" },
    /** mParticle's setting. */
    grouping: { type: "string", default: "event" },
    /** How many parts of the way resident memory is told for. */
    parts: { type: "string", default: "1" },
    /** A feed whose events are to be left waiting. */
    closed: { type: "string", default: "" },
    /** `on`, or `off` with all that it needs loaded. */
    telemetry: { type: "string", default: "off" },
    rounds: { type: "string", default: "1" }
  }
})

export const given = values

/** Events a request. */
export const perRequest = 100
/** Requests under way at once. */
export const requests = 8

export const path = "/v2/bulkevents"

/** One of something for each feed. */
export const forFeeds = <A>(make: (feed: Feed) => A): ReadonlyMap<Feed, A> =>
  new Map(feeds.map((feed) => [feed, make(feed)]))

export const headersOf = (feed: Feed) => ({
  authorization: authorizationOf(feed),
  "content-type": "application/json"
})

/** A subject that did not do its work must not be measured. */
export const fail = (text: string): never => {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
