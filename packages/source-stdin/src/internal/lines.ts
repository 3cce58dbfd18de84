/** Lines of a stream of bytes, in bounded memory. */

export interface Line {
  /** Without the line's end; only the beginning of a line that is too long. Valid until the next line is asked for. */
  readonly bytes: Buffer
  /** Bytes that the line has. */
  readonly size: number
}

export interface Lines {
  /** The lines that this piece completes. */
  readonly of: (piece: Buffer) => Iterable<Line>
  /** What stands behind the last line's end, if anything. */
  readonly rest: () => Line | undefined
}

/** The longest line that is read. */
export const longest = 8 * 1024 * 1024
/** Bytes kept of a longer one. */
const kept = 1024 * 1024

const newline = 10

export const make = (): Lines => {
  // A line that came in parts. Its room doubles, so that a writer of single bytes costs no more than any other.
  let room = Buffer.alloc(0)
  let length = 0
  let size = 0

  const keep = (part: Buffer): void => {
    size += part.length
    const wanted = Math.min(length + part.length, size > longest ? kept : longest)
    if (wanted > room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(wanted, room.length * 2))
      room.copy(larger, 0, 0, length)
      room = larger
    }
    if (wanted > length) part.copy(room, length)
    length = wanted
  }

  const complete = (part: Buffer): Line => {
    if (size === 0) {
      return { bytes: part.length > longest ? part.subarray(0, kept) : part, size: part.length }
    }
    keep(part)
    const line = { bytes: room.subarray(0, length), size }
    if (room.length > kept) room = Buffer.alloc(0)
    length = size = 0
    return line
  }

  return {
    *of(piece) {
      let at = 0
      for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, at)) {
        const part = piece.subarray(at, end)
        at = end + 1
        yield complete(part)
      }
      if (at < piece.length) keep(piece.subarray(at))
    },
    rest: () => (size === 0 ? undefined : complete(Buffer.alloc(0)))
  }
}
