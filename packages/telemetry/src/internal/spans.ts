/** What an observer is told, as spans: made once it is over, with its own times. */
import type { Append, Attempt, Chunk, Observation, Observe } from "@millrace/core/Observer"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"

type Spanned = Chunk | Append | Attempt

const named = { Chunk: "millrace.chunk", Append: "millrace.append", Attempt: "millrace.attempt" } as const

const kinds: Readonly<Record<Spanned["_tag"], Tracer.SpanKind>> = {
  Chunk: "consumer",
  Append: "internal",
  Attempt: "client"
}

/** Spans in one interval; more are counted and left out. */
const most = 2000

const isSpanned = (one: Observation): one is Spanned => one._tag in named

const nanos = (milliseconds: number): bigint => BigInt(Math.round(milliseconds)) * 1_000_000n

const attributesOf = (one: Spanned): Readonly<Record<string, string | number | undefined>> => {
  switch (one._tag) {
    case "Chunk":
      return { source: one.source, split: one.split, events: one.events, bad: one.bad, bytes: one.bytes }
    case "Append":
      return {
        source: one.source,
        split: one.split,
        events: one.events,
        bytes: one.bytes,
        parcels: one.parcels
      }
    case "Attempt":
      return {
        route: one.route,
        lane: one.lane,
        messages: one.messages,
        events: one.events,
        bytes: one.bytes,
        attempts: one.attempts,
        outcome: one.outcome,
        reason: one.reason
      }
  }
}

/** A failure that has a name, and no stack: it happened elsewhere. */
const failed = (reason: string) =>
  Exit.fail(Object.assign(new Error(reason), { name: "Refused", stack: reason }))

const exitOf = (one: Spanned) =>
  one._tag !== "Attempt" || one.outcome === "delivered" || one.outcome === "partly"
    ? Exit.void
    : failed(one.reason ?? one.outcome)

export interface Spans {
  readonly observe: Observe
  /** Called once in each interval: as many more may come. */
  readonly renew: () => void
}

/** `onDropped` is called for each span that is left out. */
export const make = (tracer: Tracer.Tracer, onDropped: () => void): Spans => {
  let left = most
  return {
    observe: (one) => {
      if (!isSpanned(one)) return
      if (left === 0) return onDropped()
      left--
      const span = tracer.span({
        name: named[one._tag],
        parent: Option.none(),
        annotations: Context.empty(),
        links: [],
        startTime: nanos(one.began),
        kind: kinds[one._tag],
        root: true,
        sampled: true
      })
      for (const [name, value] of Object.entries(attributesOf(one)))
        if (value !== undefined && value !== "") span.attribute(`millrace.${name}`, value)
      span.end(nanos(one.ended), exitOf(one))
    },
    renew: () => {
      left = most
    }
  }
}
