/**
 * A sheet: messages in one piece of memory, which is used again once all of them have ended. What hundreds of parcels a second leave
 * behind would make the process larger, and V8 look through all that it holds twice as often.
 */

export interface Sheet {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Messages in it that have not ended. */
  left: number
  readonly recycle: (memory: ArrayBuffer) => void
}

export interface Sheets {
  /** A sheet with these bytes, which so many messages share. */
  readonly take: (bytes: Uint8Array, messages: number) => Sheet
}

/** A message has ended, and nobody reads its bytes any more. To be told once of each, or never: then V8 frees the memory. */
export const end = (sheet: Sheet): void => {
  if (--sheet.left === 0) sheet.recycle(sheet.bytes.buffer)
}

/** Nothing, and nobody's. */
export const empty: Sheet = { bytes: new Uint8Array(0), left: 0, recycle: () => {} }

/** Memory is given out in steps of this size, so that one fits the next sheet, too. */
const step = 16 * 1024
/** Bytes that are kept for later at the most: those of some chunks. */
export const most = 1024 * 1024

export const make = (): Sheets => {
  const free: Array<ArrayBuffer> = []
  let kept = 0

  const recycle = (memory: ArrayBuffer): void => {
    if (kept + memory.byteLength > most) return
    kept += memory.byteLength
    free.push(memory)
  }

  /** The smallest piece that is large enough, unless most of it would be empty. */
  const find = (size: number): ArrayBuffer | undefined => {
    let found = -1
    for (let i = 0; i < free.length; i++) {
      const { byteLength } = free[i]!
      if (byteLength < size || byteLength > 2 * size + step) continue
      if (found < 0 || byteLength < free[found]!.byteLength) found = i
    }
    if (found < 0) return undefined
    const memory = free[found]!
    free[found] = free[free.length - 1]!
    free.pop()
    kept -= memory.byteLength
    return memory
  }

  return {
    take: (given, messages) => {
      // Nobody would give it back.
      if (messages === 0) return empty
      const size = given.length
      const memory = find(size) ?? new ArrayBuffer(Math.ceil(size / step) * step)
      const bytes = new Uint8Array(memory, 0, size)
      bytes.set(given)
      return { bytes, left: messages, recycle }
    }
  }
}
