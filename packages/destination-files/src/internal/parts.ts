/** A batch taken apart: the lines of one folder become one file. */
import { createHash } from "node:crypto"
import type { Batch } from "@millrace/core/Message"

export interface Part {
  /** Relative; empty for the destination's own folder. */
  readonly folder: string
  /** Where its messages stand in the batch. */
  readonly positions: ReadonlyArray<number>
  /** Each with its line feed; in the memory of the batch. */
  readonly lines: ReadonlyArray<Buffer>
}

const tab = 0x09
const lineFeed = 0x0a

export const partsOf = ({ body, ids }: Pick<Batch, "body" | "ids">): ReadonlyArray<Part> => {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const parts = new Map<string, { folder: string; positions: Array<number>; lines: Array<Buffer> }>()
  let start = 0
  for (const position of ids.keys()) {
    const middle = bytes.indexOf(tab, start)
    const end = bytes.indexOf(lineFeed, middle) + 1
    const folder = bytes.toString("utf8", start, middle)
    const part = parts.get(folder) ?? { folder, positions: [], lines: [] }
    parts.set(folder, part)
    part.positions.push(position)
    part.lines.push(bytes.subarray(middle + 1, end))
    start = end
  }
  return [...parts.values()]
}

/**
 * The same for the same events with the same content in the same order, in every attempt and every process. Ids alone
 * would not do: a source may use an id twice, and one file would take the other's place.
 */
export const nameOf = ({ lines }: Pick<Part, "lines">): string => {
  const hash = createHash("sha256")
  for (const line of lines) hash.update(line)
  return hash.digest("hex").slice(0, 32)
}
