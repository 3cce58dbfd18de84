/** Reads an answer's body up to a limit. */
import type { Readable } from "node:stream"

/**
 * The first bytes of a stream, at most `limit`. One that fails or is closed halfway ends there. Stopping early destroys the
 * stream.
 */
export const readBytes = (stream: Readable, limit: number): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks: Array<Buffer> = []
    let size = 0
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size >= limit) stream.destroy()
    })
    stream.on("error", () => {})
    stream.on("close", () => resolve(Buffer.concat(chunks).subarray(0, limit)))
  })
