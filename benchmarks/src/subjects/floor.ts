/**
 * The floor: read, parse, map, 100 a request, post. No durability, no order, no retry, no validation, no ledger.
 *
 * `--variant buffer` writes each message straight into the body's buffer, the fastest way known; `--variant stringify`
 * makes each body by one `JSON.stringify`, the usual way; `--variant avro` is `buffer` for an export in Avro.
 */
import * as InFlight from "../inFlight.ts"
import { type Feed, feedOf, type Message, messageOf } from "../message.ts"
import { readAvro } from "../readAvro.ts"
import { readEvents } from "../readEvents.ts"
import { forFeeds, given, perRequest, requests } from "./given.ts"
import { close, post } from "./post.ts"

interface Lane {
  readonly put: (message: Message) => void
  readonly flush: () => void
}

const inFlight = InFlight.make(requests)

const bodySize = 256 * 1024
const free: Array<Buffer<ArrayBuffer>> = []
const [comma, opening, closing] = [44, 91, 93]

const bufferLane = (feed: Feed): Lane => {
  let buffer = Buffer.allocUnsafeSlow(bodySize)
  let end = 0
  let count = 0
  const flush = () => {
    if (count === 0) return
    buffer[end++] = closing
    const sent = buffer
    inFlight.add(post(feed, sent.subarray(0, end)).then(() => void free.push(sent)))
    buffer = free.pop() ?? Buffer.allocUnsafeSlow(bodySize)
    end = 0
    count = 0
  }
  return {
    put: (message) => {
      buffer[end] = count === 0 ? opening : comma
      end += 1 + buffer.write(JSON.stringify(message), end + 1)
      if (++count === perRequest) flush()
    },
    flush
  }
}

const stringifyLane = (feed: Feed): Lane => {
  let messages: Array<Message> = []
  const flush = () => {
    if (messages.length === 0) return
    inFlight.add(post(feed, JSON.stringify(messages)))
    messages = []
  }
  return {
    put: (message) => {
      messages.push(message)
      if (messages.length === perRequest) flush()
    },
    flush
  }
}

const lanes = forFeeds(given.variant === "stringify" ? stringifyLane : bufferLane)
const read = given.variant === "avro" ? readAvro : readEvents
await read(
  given.input,
  (event) => {
    const feed = feedOf(event)
    if (feed !== undefined) lanes.get(feed)!.put(messageOf(event))
  },
  inFlight.room
)
for (const lane of lanes.values()) lane.flush()
await inFlight.idle()
await close()
