/**
 * Small numbers as a Parquet page packs them: the same one many times over, or several side by side, each of so many bits. They
 * are unpacked as they are asked for, so a few bytes may say what they like about how many there are.
 */

/** Damaged bytes. */
export class Damaged extends Error {}

/** A number of up to 35 bits, and what stands behind it. */
export const varint = (bytes: Uint8Array, start: number): readonly [value: number, at: number] => {
  let value = 0
  let scale = 1
  for (let at = start; at < start + 5; at++, scale *= 128) {
    const part = bytes[at]
    if (part === undefined) throw new Damaged("it ends too early")
    value += (part & 127) * scale
    if (part < 128) return [value, at + 1]
  }
  throw new Damaged("a number has no end")
}

/** What stands at `start`, a number at a time; there are `most` at the most. */
export const runs = (bytes: Uint8Array, start: number, width: number, most: number): (() => number) => {
  /** Numbers behind those of the run. */
  let rest = most
  let at = start
  let left = 0
  /** The number of a run, or where the next bits of packed ones stand. */
  let same: number | undefined
  let bit = 0

  const begin = (): void => {
    const [head, next] = varint(bytes, at)
    if (head % 2 === 1) {
      // The last eight are filled up.
      left = Math.floor(head / 2) * 8
      rest -= Math.min(rest, left)
      same = undefined
      bit = next * 8
      at = next + (left / 8) * width
      return
    }
    left = head / 2
    rest -= left
    if (rest < 0) throw new Damaged("a run is too long")
    same = 0
    at = next
    for (let scale = 1; scale < 2 ** width; scale *= 256) same += (bytes[at++] ?? Number.NaN) * scale
    if (Number.isNaN(same)) throw new Damaged("it ends too early")
  }

  return () => {
    while (left === 0) begin()
    left--
    if (same !== undefined) return same
    let value = 0
    for (let got = 0; got < width; ) {
      const byte = bytes[bit >>> 3]
      if (byte === undefined) throw new Damaged("it ends too early")
      const offset = bit & 7
      const taken = Math.min(8 - offset, width - got)
      value |= ((byte >>> offset) & ((1 << taken) - 1)) << got
      got += taken
      bit += taken
    }
    return value >>> 0
  }
}

/** The one number that all `count` of them are, where they are packed as one. */
export const only = (bytes: Uint8Array, start: number, width: number, count: number): number | undefined => {
  const [head, next] = varint(bytes, start)
  return head === count * 2 && width <= 8 ? bytes[next] : undefined
}
