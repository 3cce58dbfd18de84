/** Where reading begins: from the checkpoint, and from what the stream and its consumer are now. Pure. */
import { grouped } from "@millrace/core/Digits"
import type { Taken } from "./checkpoint.ts"

/** A stream as its server tells of it. */
export interface StreamState {
  readonly name: string
  readonly created: string
  readonly first: number
  readonly last: number
  /** Whether messages stay until a limit is reached: otherwise they leave as they are acknowledged. */
  readonly keeps: boolean
  /** When the message at the checkpoint's sequence was stored, in nanoseconds; absent for one that is gone. */
  readonly stored: bigint | undefined
}

/** The first message to be read. */
export type Start =
  /** The first there is. */
  | { readonly _tag: "First" }
  /** This one, without the records of it that are taken. */
  | { readonly _tag: "Sequence"; readonly sequence: number; readonly records: number }
  /** The first that was stored later. */
  | { readonly _tag: "Time"; readonly time: bigint }
  /** Where the consumer was made to begin: nothing is taken yet. */
  | { readonly _tag: "Consumer" }

export interface Found {
  readonly start: Start
  /** What an operator should know of it. */
  readonly warning?: string
}

export const startOf = (taken: Taken | undefined, stream: StreamState): Found => {
  const { created, name } = stream
  if (taken === undefined) return { start: { _tag: "Consumer" } }
  if (taken.created !== created) {
    return {
      start: { _tag: "First" },
      warning: `stream ${name} was made anew at ${created}: it is read from its first message on`
    }
  }
  const isOther = stream.stored !== undefined && stream.stored !== taken.time
  if (stream.last < taken.sequence || isOther) {
    return {
      start: { _tag: "Time", time: taken.time },
      warning: `stream ${name} lost messages that were read up to ${grouped(taken.sequence)}, or was restored: it is read on from what it stored later`
    }
  }
  const isPart = taken.records !== undefined
  const sequence = isPart ? taken.sequence : taken.sequence + 1
  const start: Start = { _tag: "Sequence", sequence, records: taken.records ?? 0 }
  const warning = gap(stream, sequence)
  return warning === undefined ? { start } : { start, warning }
}

/** What to say of messages that went before they were read; nothing where none did, or where others took them. */
export const gap = (
  { first, keeps, name }: Pick<StreamState, "first" | "keeps" | "name">,
  next: number
): string | undefined =>
  keeps && first > next
    ? `stream ${name} has lost messages before they were read, those of its sequences ${grouped(next)} to ${grouped(first - 1)}: it was purged, or its limits are too tight; it is read on from ${grouped(first)}`
    : undefined

/** A consumer as its server tells of it. */
export interface ConsumerState {
  /** The stream sequence of the last message that it handed out. */
  readonly delivered: number
  /** All up to this stream sequence are acknowledged; before the first, all up to where it was made to begin. */
  readonly acknowledged: number
  /** Whether anything is acknowledged, or it was made by us: otherwise it is as an operator made it. */
  readonly isUsed: boolean
  /** Messages that it handed out and waits for. */
  readonly outstanding: number
}

/** Whether a consumer goes on at the start by itself: it waits for nothing, and hands out no later message first. */
export const goesOn = (start: Start, { delivered, isUsed, outstanding }: ConsumerState): boolean =>
  outstanding === 0 &&
  (start._tag === "Consumer" ? !isUsed : start._tag === "Sequence" && delivered < start.sequence)

/**
 * Where a consumer is to begin that takes the place of another. What was acknowledged without a checkpoint of ours went into
 * an outbox that is gone, or to somebody else: all there is is read.
 */
export const instead = (start: Start, former: ConsumerState | undefined): Start => {
  if (start._tag !== "Consumer") return start
  return former === undefined || former.isUsed
    ? { _tag: "First" }
    : { _tag: "Sequence", sequence: former.acknowledged + 1, records: 0 }
}

/** How many records of a message are taken already: all of them for `Infinity`. */
export const recordsTaken = (start: Start, sequence: number, time: () => bigint): number => {
  if (start._tag === "Time") return time() <= start.time ? Infinity : 0
  if (start._tag !== "Sequence" || sequence > start.sequence) return 0
  return sequence === start.sequence ? start.records : Infinity
}
