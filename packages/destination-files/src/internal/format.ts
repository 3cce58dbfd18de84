/** A format of files: what a message keeps of an event, and the bytes of a file of several. */
import type { Event } from "@millrace/core/Event"

export interface Format {
  readonly extension: string
  /** One line without its end. Pure. */
  readonly lineOf: (event: Event) => string
  /** A file of these lines, each with its line feed: the same bytes for the same lines. */
  readonly encode: (lines: ReadonlyArray<Buffer>) => Uint8Array | Promise<Uint8Array>
}
