/**
 * Writes messages one behind the other into one growing buffer. Each is serialized once and never joined as text:
 * one character beyond Latin-1 would make a whole body string two bytes wide.
 */
import type { Message } from "../../Message.ts"
import * as Sheet from "./Sheet.ts"

export interface MessageBuffer {
  /** Writes the message and returns where it ends; it starts where the one before ended. */
  readonly write: (message: Message<unknown>) => number
  readonly end: () => number
  /** The bytes written, which are so many messages; the buffer is empty again. */
  readonly take: (messages: number) => Sheet.Sheet
}

const smallest = 64 * 1024
/** A buffer that grew beyond this is not kept for the next messages. */
const largest = 2 * 1024 * 1024

export const make = (): MessageBuffer => {
  const sheets = Sheet.make()
  let buffer = Buffer.allocUnsafeSlow(smallest)
  let end = 0
  const reach = (need: number) => {
    if (need <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(need, buffer.length * 2))
    larger.set(buffer.subarray(0, end))
    buffer = larger
  }
  return {
    write: (message) => {
      if ("bytes" in message) {
        reach(end + message.bytes.length)
        buffer.set(message.bytes, end)
        end += message.bytes.length
        return end
      }
      const text = "text" in message ? message.text : JSON.stringify(message.json)
      // A UTF-16 code unit takes at most three bytes; the exact length is asked for only when that does not fit.
      if (text.length * 3 > buffer.length - end) reach(end + Buffer.byteLength(text))
      end += buffer.write(text, end)
      return end
    },
    end: () => end,
    take: (messages) => {
      const taken = sheets.take(buffer.subarray(0, end), messages)
      end = 0
      if (buffer.length > largest) buffer = Buffer.allocUnsafeSlow(smallest)
      return taken
    }
  }
}
