/**
 * How a message carries what its own event says of the request: a line of JSON before the body. The core hands over
 * bodies alone, and a request of one event may have a path and headers of its own.
 */
import type { Headers } from "./headers.ts"

export interface Head {
  /** With its query. */
  readonly path: string
  readonly headers: Headers
}

const lineFeed = 10

export const write = (head: Head, body: string): string => `${JSON.stringify(head)}\n${body}`

/** JSON holds no line feed, so that the first one ends the head. */
export const read = (bytes: Uint8Array): { readonly head: Head; readonly body: Uint8Array } => {
  const end = bytes.indexOf(lineFeed)
  const head: Head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)))
  return { head, body: bytes.subarray(end + 1) }
}
