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

/** Spans in one interval of what went well, and of attempts that failed; more are counted and left out. */
const most = 1000

/** Of these so many at once: the others come evenly, so that no part of an interval is left without. */
const atOnce = most / 10

/** How many spans there may be now. */
interface Allowance {
  left: number
  /** Until when it has grown, in epoch milliseconds. */
  at: number
}

/** Takes one; `false` when none is left. */
const take = (allowance: Allowance, now: number, interval: number): boolean => {
  const gained = (most * Math.max(0, now - allowance.at)) / interval
  allowance.left = Math.min(atOnce, allowance.left + gained)
  allowance.at = Math.max(allowance.at, now)
  if (allowance.left < 1) return false
  allowance.left--
  return true
}

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

const hasFailed = (one: Spanned): one is Attempt =>
  one._tag === "Attempt" && one.outcome !== "delivered" && one.outcome !== "partly"

const exitOf = (one: Spanned) => (hasFailed(one) ? failed(one.reason ?? one.outcome) : Exit.void)

/** `interval` in milliseconds. `onDropped` is called for each span that is left out. */
export const make = (tracer: Tracer.Tracer, interval: number, onDropped: () => void): Observe => {
  const well: Allowance = { left: atOnce, at: 0 }
  const failing: Allowance = { left: atOnce, at: 0 }
  return (one) => {
    if (!isSpanned(one)) return
    if (!take(hasFailed(one) ? failing : well, one.ended, interval)) return onDropped()
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
  }
}
