/**
 * Checkpoints of files: `v1:<at>:<count>:<mark>:<size>:<complete | partial>`. One behind the header of a joined container,
 * or behind a gap, is `v2` and names both at its end: `:<header>:<gaps>`.
 */
import type { Checkpoint, Split } from "@millrace/core/Intake"

/** How far a file is taken. */
export interface Place {
  /** The first byte not yet taken; of a gzipped file, counted in what it unpacks to. */
  readonly at: number
  /** Avro: records already taken of the block at `at`. Lines: line ends before `at`. */
  readonly count: number
  /** CRC-32 of how the file begins: another file under its name is known by it. */
  readonly mark: number
  /** Avro: where the header stands that `at` is under; the file's own unless containers are joined. */
  readonly header?: number
}

export interface Stand extends Place {
  /** Bytes of the file on disk at the time. */
  readonly size: number
  /** Everything in those bytes is taken, so a file that still has this size need not be opened. */
  readonly complete: boolean
  /** Gaps of a gzipped file that became dead letters. */
  readonly gaps: number
}

export const format = ({ at, count, mark, size, complete, header = 0, gaps }: Stand): Checkpoint => {
  const stand = `${at}:${count}:${mark.toString(16)}:${size}:${complete ? "complete" : "partial"}`
  return header === 0 && gaps === 0 ? `v1:${stand}` : `v2:${stand}:${header}:${gaps}`
}

export const parse = (checkpoint: Checkpoint): Stand | undefined => {
  const found = /^v[12]:(\d+):(\d+):([0-9a-f]+):(\d+):(complete|partial)(?::(\d+):(\d+))?$/.exec(checkpoint)
  if (found === null) return undefined
  const [, at, count, mark, size, state, header = "0", gaps = "0"] = found
  return {
    at: Number(at),
    count: Number(count),
    mark: Number.parseInt(mark!, 16),
    size: Number(size),
    complete: state === "complete",
    header: Number(header),
    gaps: Number(gaps)
  }
}

const grouped = new Intl.NumberFormat("en-US")

/** Where the events of a chunk stand that ended at this checkpoint: not before which byte, since a chunk may begin anywhere. */
export const placeOf = (split: Split, checkpoint: Checkpoint): string => {
  const stand = parse(checkpoint)
  if (stand === undefined) return checkpoint
  const unpacked = /\.gz$/i.test(split) ? " of what the file unpacks to" : ""
  const records = stand.count > 0 && /\.avro(?:\.gz)?$/i.test(split)
  return records
    ? `among the first ${grouped.format(stand.count)} records of the block at byte ${grouped.format(stand.at)}${unpacked}, or before it`
    : `before byte ${grouped.format(stand.at)}${unpacked}`
}
