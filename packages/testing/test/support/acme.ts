/**
 * A destination as its author would write it in an afternoon, with promises and `fetch`; and any part of it changed, to
 * see what the suite says of that.
 */
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import type { Of } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import {
  DeliveryError,
  delivered,
  type Outcome,
  Outcomes,
  type Rejected,
  rejected,
  retry,
  tooLarge,
  unauthorized
} from "@millrace/core/Outcome"
import type { DestinationUnderTest } from "@millrace/testing/DestinationConformance"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export type Types = {
  readonly "order.placed": { readonly total: number; readonly coupon?: string | null }
  readonly "order.returned": { readonly why: string }
}
export type AcmeEvent = Of<Types>

const catalogue = Catalogue.make<Types>("acme", {
  "order.placed": Schema.Struct({
    total: Schema.Finite,
    coupon: Schema.optionalKey(Schema.NullOr(Schema.String))
  }),
  "order.returned": Schema.Struct({ why: Schema.String })
})

export interface Way {
  readonly url: string
  readonly key: string
}

const settings = Schema.Struct({ url: Schema.String.annotate({ description: "Where the API is." }) })
const credentials = Schema.Struct({
  key: Schema.Redacted(Schema.String).annotate({ description: "The API key." })
})

/** What a change may replace. */
export interface Parts {
  readonly settings: typeof settings
  readonly credentials: Schema.Codec<
    { readonly key: Redacted.Redacted },
    { readonly key: Redacted.Redacted | string }
  >
  readonly lanes: ReadonlyArray<Destination.Lane>
  readonly limits: Destination.Limits
  readonly assign: (event: AcmeEvent) => Destination.Assignment
  readonly prepare: (event: AcmeEvent) => Result.Result<Message.Message, Rejected>
  /** One request. */
  readonly send: (way: Way, body: BodyInit, signal: AbortSignal) => Promise<Response>
  /** What an answer means for the whole batch. */
  readonly judge: (response: Response) => Promise<Outcome>
  /** What an error of `send` or `judge` means. */
  readonly caught: (cause: unknown) => Outcome
  readonly deliver: (batch: Message.Batch, way: Way, signal: AbortSignal, parts: Parts) => Promise<Outcomes>
  readonly check: (way: Way, signal: AbortSignal, parts: Parts) => Promise<void>
  /** What requests carry in place of the key, such as a token. */
  readonly enter: (way: Way, signal: AbortSignal) => Promise<Way>
  /** Opens a lane, and says how it is closed. */
  readonly open: (way: Way) => (() => Promise<void>) | undefined
}

export const honest: Parts = {
  settings,
  credentials,
  lanes: [{ name: "main" }],
  limits: {
    messages: 100,
    events: 100,
    bytes: 100_000,
    messageBytes: 10_000,
    messageEvents: 1,
    concurrency: 2,
    window: 0
  },
  assign: () => Destination.to("main"),
  prepare: (event) =>
    Result.succeed(Message.json(event.id, { id: event.id, type: event.type, ...event.properties })),
  send: ({ key, url }, body, signal) =>
    fetch(`${url}/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body,
      redirect: "manual",
      signal
    }),
  judge: async (response) => {
    await response.body?.cancel()
    return outcomeOf(response)
  },
  caught: () => retry("no-answer"),
  deliver: async (batch, way, signal, parts) => {
    const outcome = await attempt(batch.body, way, signal, parts)
    if (outcome._tag !== "Delivered") throw new DeliveryError({ outcome })
    return Outcomes.all(batch, outcome)
  },
  check: async (way, signal, parts) => {
    const outcome = await attempt("[]", way, signal, parts)
    if (outcome._tag !== "Delivered") throw new DeliveryError({ outcome })
  },
  enter: async (way) => way,
  open: () => undefined
}

export const attempt = (body: BodyInit, way: Way, signal: AbortSignal, parts: Parts): Promise<Outcome> =>
  parts.send(way, body, signal).then(parts.judge).catch(parts.caught)

export const outcomeOf = ({ headers, status }: Pick<Response, "headers" | "status">): Outcome => {
  if (status >= 200 && status < 300) return delivered
  const detail = `HTTP ${status}`
  if (status === 401) return unauthorized("unauthorized", detail)
  if (status === 413) return tooLarge(detail)
  if (status === 429) return retry("throttled", { after: after(headers.get("retry-after")), detail })
  return status >= 400 && status < 500 ? rejected("bad-request", detail) : retry("unavailable", { detail })
}

const after = (header: string | null) => {
  const seconds = Number(header ?? "none")
  const wait = Number.isNaN(seconds) ? Date.parse(header ?? "") - Date.now() : seconds * 1000
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}

/** The honest plugin, but for the given parts. */
const acme = (changes: Partial<Parts> = {}) => {
  const parts = { ...honest, ...changes }
  return Destination.plugin({
    name: "@millrace/destination-acme",
    accepts: catalogue,
    settings: parts.settings,
    credentials: parts.credentials,
    open: ({ credentials, settings: { url } }) =>
      Result.succeed({
        lanes: parts.lanes,
        limits: parts.limits,
        assign: parts.assign,
        prepare: ([event]) => parts.prepare(event),
        connect: Destination.connectAsync(async (_, __, signal) => {
          const way = await parts.enter({ url, key: Redacted.value(credentials.key) }, signal)
          const close = parts.open(way)
          return {
            deliver: (batch, signal) => parts.deliver(batch, way, signal, parts),
            check: (signal) => parts.check(way, signal, parts),
            ...(close === undefined ? {} : { close })
          }
        })
      })
  })
}

type Under = DestinationUnderTest<
  AcmeEvent,
  { readonly url: string },
  { readonly key: Redacted.Redacted | string }
>

/** What its author gives to the suite. */
export const under = (changes: Partial<Parts> = {}): Under => ({
  plugin: acme(changes),
  settings: (url) => ({ url }),
  credentials: [{ key: Redacted.make("hunter-old-key") }, { key: Redacted.make("hunter-new-key") }],
  events: [
    {
      id: "1",
      type: "order.placed",
      time: 0,
      user: { externalId: "u" },
      properties: { total: 5, coupon: "x" }
    },
    { id: "2", type: "order.returned", time: 0, user: {}, properties: { why: "too small" } }
  ],
  readme: new URL("./acme.md", import.meta.url)
})
