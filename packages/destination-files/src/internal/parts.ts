/** A batch taken apart: the lines of one folder become one file. */
import { createHash } from "node:crypto"
import type { Batch } from "@millrace/core/Message"

export interface Part {
  /** Relative; empty for the destination's own folder. */
  readonly folder: string
  readonly ids: ReadonlyArray<string>
  /** Where its messages stand in the batch. */
  readonly positions: ReadonlyArray<number>
  /** Each with its line feed; in the memory of the batch. */
  readonly lines: ReadonlyArray<Buffer>
}

const tab = 0x09
const lineFeed = 0x0a

export const partsOf = ({ body, ids }: Pick<Batch, "body" | "ids">): ReadonlyArray<Part> => {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const parts = new Map<
    string,
    { folder: string; ids: Array<string>; positions: Array<number>; lines: Array<Buffer> }
  >()
  let start = 0
  for (const [position, id] of ids.entries()) {
    const middle = bytes.indexOf(tab, start)
    const end = bytes.indexOf(lineFeed, middle) + 1
    const folder = bytes.toString("utf8", start, middle)
    const part = parts.get(folder) ?? { folder, ids: [], positions: [], lines: [] }
    parts.set(folder, part)
    part.ids.push(id)
    part.positions.push(position)
    part.lines.push(bytes.subarray(middle + 1, end))
    start = end
  }
  return [...parts.values()]
}

/** The same for the same events in the same order, in every attempt and every process. */
export const nameOf = ({ ids }: Pick<Part, "ids">): string =>
  createHash("sha256").update(JSON.stringify(ids)).digest("hex").slice(0, 32)
