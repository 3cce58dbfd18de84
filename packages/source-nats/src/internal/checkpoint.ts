/**
 * Checkpoints of a stream: `v1:<sequence>:<all | records>:<time>:<created>`. The sequence alone does not do: a stream that
 * was made anew, or restored, or lost its end with its server's disk, counts other messages under the same numbers.
 */
import { grouped } from "@millrace/core/Digits"
import type { Checkpoint, Split } from "@millrace/core/Intake"

/** How far a stream is taken. */
export interface Taken {
  /** The stream sequence of the last message of which something is taken. */
  readonly sequence: number
  /** How many of its records; all of them without a number. */
  readonly records: number | undefined
  /** When the server stored it, in nanoseconds since 1970. */
  readonly time: bigint
  /** When the stream was made, as the server writes it. */
  readonly created: string
}

export const format = ({ created, records, sequence, time }: Taken): Checkpoint =>
  `v1:${sequence}:${records ?? "all"}:${time}:${created}`

/** `undefined` for text that is none of this module. */
export const parse = (checkpoint: Checkpoint): Taken | undefined => {
  const found = /^v1:(\d+):(all|\d+):(\d+):(.+)$/.exec(checkpoint)
  if (found === null) return undefined
  const [, sequence, records, time, created] = found
  return {
    sequence: Number(sequence),
    records: records === "all" ? undefined : Number(records),
    time: BigInt(time!),
    created: created!
  }
}

export const placeOf = (_: Split, checkpoint: Checkpoint): string => {
  const taken = parse(checkpoint)
  return taken === undefined ? checkpoint : `up to message ${grouped(taken.sequence)}`
}
