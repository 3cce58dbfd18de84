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

/** The meta of a message is its folder; a line feed stands behind each. */
export const partsOf = ({
  body,
  messages
}: Pick<Batch<string>, "body" | "messages">): ReadonlyArray<Part> => {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const parts = new Map<string, { folder: string; positions: Array<number>; lines: Array<Buffer> }>()
  for (const [position, { end, meta: folder, start }] of messages.entries()) {
    const part = parts.get(folder) ?? { folder, positions: [], lines: [] }
    parts.set(folder, part)
    part.positions.push(position)
    part.lines.push(bytes.subarray(start, end + 1))
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
