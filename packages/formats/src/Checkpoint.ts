/**
 * Checkpoints of splits that are bytes. What a source keeps of one is this module's text, and nothing else reads it:
 * `v1:<at>:<count>:<mark>:<size>:<complete | partial>`. One behind the header of a joined container,
 * or behind a gap, is `v2` and names both at its end: `:<header>:<gaps>`. That of a split with a tag is `v3` and ends with the
 * tag behind these.
 *
 * @since 1.0.0
 */
import { grouped } from "@millrace/core/Digits"
import type { Checkpoint, Split } from "@millrace/core/Intake"

/**
 * How far a split is taken.
 *
 * @since 1.0.0
 * @category models
 */
export interface Place {
  /** The first byte not yet taken; of gzipped bytes, counted in what it unpacks to; of Parquet, about so many bytes are. */
  readonly at: number
  /** Avro: records already taken of the block at `at`. Lines: line ends before `at`. Parquet: rows already taken. */
  readonly count: number
  /** CRC-32 of how the split begins: another one under its name is known by it. */
  readonly mark: number
  /** Avro: where the header stands that `at` is under; the split's own unless containers are joined. */
  readonly header?: number
}

/**
 * What is known of a split for the next time.
 *
 * @since 1.0.0
 * @category models
 */
export interface Stand extends Place {
  /** Bytes that the split had at the time, packed as they are. */
  readonly size: number
  /** Everything in those bytes is taken, so a split that still has this size need not be opened. */
  readonly complete: boolean
  /** Gaps of gzipped bytes that became dead letters. */
  readonly gaps: number
  /** The tag of the split at the time, where it has one. */
  readonly tag?: string
}

/**
 * The checkpoint as it is stored.
 *
 * @since 1.0.0
 * @category conversions
 */
export const format = ({ at, count, mark, size, complete, header = 0, gaps, tag }: Stand): Checkpoint => {
  const stand = `${at}:${count}:${mark.toString(16)}:${size}:${complete ? "complete" : "partial"}`
  if (tag !== undefined) return `v3:${stand}:${header}:${gaps}:${tag}`
  return header === 0 && gaps === 0 ? `v1:${stand}` : `v2:${stand}:${header}:${gaps}`
}

/**
 * What a stored checkpoint says; `undefined` for text that is none of this module.
 *
 * @since 1.0.0
 * @category conversions
 */
export const parse = (checkpoint: Checkpoint): Stand | undefined => {
  const found = stands.exec(checkpoint)
  if (found === null) return undefined
  const [, at, count, mark, size, state, header = "0", gaps = "0", tag] = found
  return {
    at: Number(at),
    count: Number(count),
    mark: Number.parseInt(mark!, 16),
    size: Number(size),
    complete: state === "complete",
    header: Number(header),
    gaps: Number(gaps),
    ...(tag === undefined ? {} : { tag })
  }
}

const stands = /^v[123]:(\d+):(\d+):([0-9a-f]+):(\d+):(complete|partial)(?::(\d+):(\d+)(?::(.*))?)?$/

/**
 * Where the events of a chunk stand that ended at this checkpoint, for people: not behind which byte, since a chunk may begin
 * anywhere. It is a source's `placeOf`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const placeOf = (split: Split, checkpoint: Checkpoint): string => {
  const stand = parse(checkpoint)
  if (stand === undefined) return checkpoint
  if (stand.count > 0 && /\.parquet$/i.test(split)) return `among the first ${grouped(stand.count)} rows`
  const unpacked = /\.gz$/i.test(split) ? " of what the file unpacks to" : ""
  const records = stand.count > 0 && /\.avro(?:\.gz)?$/i.test(split)
  return records
    ? `among the first ${grouped(stand.count)} records of the block at byte ${grouped(stand.at)}${unpacked}, or before it`
    : `before byte ${grouped(stand.at)}${unpacked}`
}
