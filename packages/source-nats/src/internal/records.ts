/** The events of a message: mostly one, which is decoded where it lies; else lines, or a whole request. */
import type { Event } from "@millrace/core/Event"
import type { ChunkBuilder } from "@millrace/formats/ChunkBuilder"
import type { Lines } from "@millrace/formats/Format"
import * as LineStream from "@millrace/formats/LineStream"
import * as Result from "effect/Result"

export interface Payload {
  readonly sequence: number
  readonly bytes: Buffer
  /** How many of its records are taken already. */
  readonly taken: number
}

/** What is read of one message. */
export interface Reading {
  /** Puts its records into the builder until that is full: `true` then, and there may be more. */
  readonly walk: () => boolean
  /** How many of its records are taken by now. */
  readonly taken: () => number
}

/** Bytes of a message that are read together, so that a chunk ends between them. */
const slice = 64 * 1024

export const make = <E extends Event>(
  lines: Lines<E>,
  builder: ChunkBuilder<E>
): {
  /** Takes a message that is one event, and nothing else: `false` without having done anything for any other. */
  readonly takeOne: (payload: Payload) => boolean
  readonly read: (payload: Payload) => Reading
} => {
  const decode = lines.codec.decoder("")
  return {
    takeOne: ({ bytes, taken }) => {
      if (taken > 0) return false
      const result = decode(bytes, 0, bytes.length)
      if (Result.isFailure(result)) return false
      builder.add(result.success, bytes, 0, bytes.length)
      return true
    },
    read: (payload) => readingOf(lines, builder, payload)
  }
}

const readingOf = <E extends Event>(
  lines: Lines<E>,
  builder: ChunkBuilder<E>,
  { bytes, sequence, taken }: Payload
): Reading => {
  let count = 0
  const isNew = () => count++ >= taken
  const target: Pick<ChunkBuilder<E>, "add" | "bury" | "isFull"> = {
    isFull: () => count > taken && builder.isFull(),
    add: (event, from, start, end) => {
      if (isNew()) builder.add(event, from, start, end)
    },
    bury: (record) => {
      if (isNew()) builder.bury({ ...record, position: placeIn(sequence, record.position) })
    }
  }
  const stream = LineStream.make(lines, target, () => {})
  let at = 0
  let isWorthAWalk = false
  let isFinished = false

  const walk = (): boolean => {
    for (;;) {
      if (isWorthAWalk && stream.walk()) return true
      isWorthAWalk = false
      if (at < bytes.length) {
        isWorthAWalk = stream.add(bytes.subarray(at, at + slice))
        at += slice
        continue
      }
      if (!isFinished && stream.finish()) return true
      // A message is somebody's, also one without anything in it.
      if (!isFinished && count === 0 && isBlank(bytes)) {
        target.bury({ reason: "malformed", detail: "the message is empty", position: "", raw: bytes })
      }
      isFinished = true
      return false
    }
  }
  return { walk, taken: () => count }
}

const isBlank = (bytes: Buffer): boolean => bytes.length < slice && /^\s*$/.test(bytes.toString("latin1"))

/** Most messages have one line. */
const placeIn = (sequence: number, position: string): string => {
  const within = position.replace(/^line 1(?:, |$)/, "")
  return within === "" ? `message ${sequence}` : `message ${sequence}, ${within}`
}
