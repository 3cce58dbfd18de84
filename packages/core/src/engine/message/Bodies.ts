/**
 * Bodies of requests, in memory that is used again: what hundreds of bodies a second leave behind would make the process
 * larger than all it holds.
 */
import type { Envelope } from "../../Message.ts"
import * as Item from "./Item.ts"

export interface Bodies {
  /** The finished body: the messages within the envelope. */
  readonly assemble: (items: ReadonlyArray<Item.Item>, envelope: Envelope) => Uint8Array<ArrayBuffer>
  /** The request is over and nobody reads its body any more. */
  readonly recycle: (body: Uint8Array<ArrayBuffer>) => void
}

/** Memory is given out in steps of this size, so that one fits the next body, too. */
const step = 32 * 1024

/** Keeps memory for as many bodies as are under way at once. */
export const make = (concurrency: number): Bodies => {
  const free: Array<Buffer<ArrayBuffer>> = []

  const take = (size: number): Buffer<ArrayBuffer> => {
    const index = free.findIndex(({ length }) => length >= size)
    const [found] = index < 0 ? [] : free.splice(index, 1)
    return found ?? Buffer.allocUnsafeSlow(Math.ceil(size / step) * step)
  }

  return {
    assemble: (items, { open, separator, close }) => {
      const between = Buffer.from(separator)
      const inside = items.reduce((sum, item) => sum + Item.size(item), between.length * (items.length - 1))
      const size = Buffer.byteLength(open) + inside + Buffer.byteLength(close)
      const body = take(size)
      let at = body.write(open)
      for (let i = 0; i < items.length; i++) {
        // A byte or two, written here: a call for each message costs more.
        if (i > 0) for (const byte of between) body[at++] = byte
        const item = items[i]!
        body.set(item.sheet.bytes.subarray(item.start, item.end), at)
        at += Item.size(item)
      }
      body.write(close, at)
      return body.subarray(0, size)
    },
    recycle: ({ buffer }) => {
      if (free.length < concurrency) free.push(Buffer.from(buffer))
    }
  }
}
