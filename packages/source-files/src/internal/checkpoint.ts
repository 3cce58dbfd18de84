/** Checkpoints of files: `v1:<at>:<count>:<mark>:<size>:<complete | partial>`. */
import type { Checkpoint } from "@millrace/core/Intake"

/** How far a file is taken. */
export interface Place {
  /** The first byte not yet taken; of a gzipped file, counted in what it unpacks to. */
  readonly at: number
  /** Avro: records already taken of the block at `at`. Lines: line ends before `at`. */
  readonly count: number
  /** CRC-32 of how the file begins: another file under its name is known by it. */
  readonly mark: number
}

export interface Stand extends Place {
  /** Bytes of the file on disk at the time. */
  readonly size: number
  /** Everything in those bytes is taken, so a file that still has this size need not be opened. */
  readonly complete: boolean
}

export const format = ({ at, count, mark, size, complete }: Stand): Checkpoint =>
  `v1:${at}:${count}:${mark.toString(16)}:${size}:${complete ? "complete" : "partial"}`

export const parse = (checkpoint: Checkpoint): Stand | undefined => {
  const found = /^v1:(\d+):(\d+):([0-9a-f]+):(\d+):(complete|partial)$/.exec(checkpoint)
  if (found === null) return undefined
  const [, at, count, mark, size, state] = found
  return {
    at: Number(at),
    count: Number(count),
    mark: Number.parseInt(mark!, 16),
    size: Number(size),
    complete: state === "complete"
  }
}
