import { hash } from "node:crypto"
import type { Span } from "./batchSpans.ts"

/** What the emulator remembers of a batch. */
export interface BatchFacts {
  readonly id: string | undefined
  /** 48 bits of a digest of the batch's bytes: enough to see that two batches of one id differ. */
  readonly fingerprint: number
  readonly events: number
  readonly messages: ReadonlyArray<string>
  /** What each event is: the name of a custom one, the type of any other. */
  readonly types: ReadonlyArray<string>
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

export const eventsOf = (batch: unknown): ReadonlyArray<unknown> => {
  const events = field(batch, "events")
  return Array.isArray(events) ? events : []
}

/** The event's own time in milliseconds, when it has one. */
export const timeOf = (event: unknown): number | undefined => {
  const time = field(field(event, "data"), "timestamp_unixtime_ms")
  return typeof time === "number" ? time : undefined
}

const typeOf = (event: unknown): string =>
  text(field(field(event, "data"), "event_name")) ?? text(field(event, "event_type")) ?? "unnamed"

export const batchFacts = (batch: unknown, body: Buffer, span: Span): BatchFacts => {
  const id = text(field(batch, "source_request_id"))
  const events = eventsOf(batch)
  return {
    id,
    fingerprint:
      id === undefined
        ? 0
        : Number.parseInt(hash("sha1", body.subarray(span.start, span.end)).slice(0, 12), 16),
    events: events.length,
    messages: events.flatMap((event) => text(field(field(event, "data"), "source_message_id")) ?? []),
    types: events.map(typeOf)
  }
}
