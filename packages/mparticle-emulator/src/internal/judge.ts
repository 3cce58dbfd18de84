import { isUtf8 } from "node:buffer"
import * as Option from "effect/Option"
import { validateBatch, validateBulk } from "../BatchSchema.ts"
import type { Sender } from "./accounts.ts"
import { type BatchFacts, batchFacts, eventsOf, timeOf } from "./batchFacts.ts"
import { elementSpans, type Span, wholeSpan } from "./batchSpans.ts"
import { errorBody } from "./errorBody.ts"
import { parseJson } from "./parseJson.ts"
import { isAsPublished } from "./published.ts"
import { taken } from "./taken.ts"
import type { Grant } from "./tokenBucket.ts"

/** The limits below are mParticle's, from "HTTP API" and "Default Service Limits"; a kb is read as 1000 bytes. */
export const bodyLimit = 256_000
const batchLimit = 128_000
const mostBatches = 100
const mostEvents = 100
/** "HTTP API": the historical endpoint takes no event of the last 72 hours. */
const historicalAge = 72 * 3_600_000

/** Path of each endpoint. */
export const endpoints = {
  "/v2/events": "single",
  "/v2/bulkevents": "bulk",
  "/v2/bulkevents/historical": "historical"
} as const

export type Endpoint = (typeof endpoints)[keyof typeof endpoints]

export interface Submission {
  readonly endpoint: Endpoint
  readonly sender: Sender
  /** Undefined when it was too large. */
  readonly body: Buffer | undefined
  readonly at: number
}

export interface Rules {
  /** Answers as documented where the emulator is stricter by default. */
  readonly faithful: boolean
  readonly limit: ((feed: string, batches: number, at: number) => Grant) | undefined
}

/** What is answered, and the batches that are taken; `dropped` are positions of batches taken but not kept. */
export interface Verdict {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly reason?: string
  readonly batches: ReadonlyArray<BatchFacts>
  readonly dropped: ReadonlyArray<number>
  /** Positions of batches of which a name was cut. */
  readonly cut: ReadonlyArray<number>
}

export const refuse = (status: number, reason: string): Verdict => ({
  status,
  headers: {},
  body: errorBody(status, reason),
  reason,
  batches: [],
  dropped: [],
  cut: []
})

// The error body is optional in mParticle's documents, so a sender has to do without it: some answers leave it out.
const refuseBare = (
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {}
): Verdict => ({
  ...refuse(status, reason),
  headers,
  body: ""
})

const firstOf = (problems: ReadonlyArray<string>): string => problems.slice(0, 5).join("; ")

const isTooYoung = (batch: unknown, at: number): boolean => {
  const events = eventsOf(batch)
  return events.length === 0 || events.some((event) => (timeOf(event) ?? at) > at - historicalAge)
}

const isBad = (batch: unknown, span: Span): boolean =>
  span.end - span.start >= batchLimit || !isAsPublished(batch)

const positions = <A>(
  values: ReadonlyArray<A>,
  predicate: (value: A, index: number) => boolean
): ReadonlyArray<number> => values.flatMap((value, index) => (predicate(value, index) ? [index] : []))

/** What mParticle would answer. It changes nothing but the sender's rate limit. */
export const judge = ({ at, body, endpoint, sender }: Submission, rules: Rules): Verdict => {
  if (sender.key === undefined) return refuseBare(401, "the Authorization header is missing")
  if (sender.feed === null) return refuse(403, "the credentials are not those of a feed")
  if (body === undefined) return refuse(413, `the body has ${bodyLimit} bytes or more`)
  if (!isUtf8(body)) return refuse(400, "the body is not UTF-8")
  const parsed = parseJson(body.toString("utf8"))
  if (Option.isNone(parsed)) return refuse(400, "the body is not valid JSON")
  const value = parsed.value

  const bulk = endpoint !== "single"
  if (bulk && (!Array.isArray(value) || value.length === 0))
    return refuse(400, "the body is not an array of batches")
  const batches: ReadonlyArray<unknown> = bulk && Array.isArray(value) ? value : [value]
  if (batches.length > mostBatches)
    return refuse(400, `${batches.length} batches, ${mostBatches} are allowed`)

  const grant = rules.limit?.(sender.feed, batches.length, at)
  if (grant !== undefined && !grant.allowed) {
    return refuseBare(429, "the feed's rate limit is exceeded", {
      "Retry-After": String(grant.wait),
      "X-mp-rate-limit-exceeded": "feed"
    })
  }

  const events = batches.reduce<number>((count, batch) => count + eventsOf(batch).length, 0)
  if (events > mostEvents) return refuse(400, `${events} events, ${mostEvents} are allowed`)

  const spans = bulk ? elementSpans(body) : [wholeSpan(body)]
  const spanAt = (index: number): Span => spans[index] ?? { start: 0, end: 0 }
  const read = batches.map(taken)
  const dropped = new Set<number>()
  if (bulk && rules.faithful) {
    // "A bulk request in which some batches fail" is accepted all the same, and nothing says which.
    for (const index of positions(read, ({ batch }, at) => isBad(batch, spanAt(at)))) dropped.add(index)
  } else {
    const large = spans.findIndex((span) => span.end - span.start >= batchLimit)
    if (large >= 0) return refuse(400, `batch ${large} has ${batchLimit} bytes or more`)
    const [first] = read
    const problems = bulk ? validateBulk(read.map(({ batch }) => batch)) : validateBatch(first?.batch)
    // Documented for a batch that lacks what is required, or is of another shape: not for what is only more than advised.
    const isRefused = problems.length > 0 && !(rules.faithful && isAsPublished(first?.batch))
    if (isRefused) return refuse(400, firstOf(problems))
  }
  if (endpoint === "historical") {
    for (const index of positions(batches, (batch) => isTooYoung(batch, at))) dropped.add(index)
  }
  return {
    status: 202,
    headers: { "X-mp-rate-limit-percentage-used": String(grant?.used ?? 0) },
    body: "",
    batches: batches.flatMap((batch, index) =>
      dropped.has(index) ? [] : batchFacts(batch, body, spanAt(index))
    ),
    dropped: [...dropped],
    cut: positions(read, ({ isCut }) => isCut)
  }
}
