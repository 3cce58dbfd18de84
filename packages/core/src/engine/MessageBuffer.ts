/**
 * Writes messages one behind the other into one growing buffer. Each is serialized once and never joined as text:
 * one character beyond Latin-1 would make a whole body string two bytes wide.
 */
import type { Message } from "../Message.ts"

export interface MessageBuffer {
  /** Writes the message and returns where it ends; it starts where the one before ended. */
  readonly write: (message: Message) => number
  readonly end: () => number
  /** The bytes so far; valid for offsets below `end` for good. */
  readonly bytes: () => Uint8Array
}

export const make = (capacity: number): MessageBuffer => {
  let buffer = Buffer.allocUnsafeSlow(Math.max(capacity, 1024))
  let end = 0
  return {
    write: (message) => {
      const text = "text" in message ? message.text : JSON.stringify(message.json)
      // A UTF-16 code unit takes at most three bytes; the exact length is asked for only when that does not fit.
      if (text.length * 3 > buffer.length - end) {
        const need = end + Buffer.byteLength(text)
        if (need > buffer.length) {
          const larger = Buffer.allocUnsafeSlow(Math.max(need, buffer.length * 2))
          larger.set(buffer.subarray(0, end))
          buffer = larger
        }
      }
      end += buffer.write(text, end)
      return end
    },
    end: () => end,
    bytes: () => buffer
  }
}
