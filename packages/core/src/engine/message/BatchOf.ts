/**
 * Items as the batch that a connection is asked to deliver.
 */
import type { Batch, BatchMessage, Envelope } from "../../Message.ts"
import * as Item from "./Item.ts"

/** What few plugins ask for is gathered when it is asked for. */
export const batchOf = (
  lane: string,
  items: ReadonlyArray<Item.Item>,
  body: Uint8Array<ArrayBuffer>,
  envelope: Envelope
): Batch => {
  let messages: ReadonlyArray<BatchMessage> | undefined
  return {
    lane,
    ids: items.map((item) => item.id),
    events: items.reduce((sum, item) => sum + Item.events(item), 0),
    body,
    get messages() {
      messages ??= place(items, envelope)
      return messages
    }
  }
}

const place = (items: ReadonlyArray<Item.Item>, { open, separator }: Envelope): Array<BatchMessage> => {
  const between = Buffer.byteLength(separator)
  let end = Buffer.byteLength(open) - between
  return items.map((item) => {
    const start = end + between
    end = start + Item.size(item)
    return { id: item.id, meta: item.meta?.value, start, end, events: Item.events(item) }
  })
}
