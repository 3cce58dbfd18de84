import type { IncomingMessage } from "node:http"

/** What a client may go on sending after the limit, so that it finishes and reads its answer. */
const patience = 16 * 1024 * 1024

/** Hands over the whole body, or undefined when it has `limit` bytes or more. A broken request is given up. */
export const readBody = (
  request: IncomingMessage,
  limit: number,
  done: (body: Buffer | undefined) => void
): void => {
  let chunks: Array<Buffer> = []
  let size = 0
  request.on("data", (chunk: Buffer) => {
    size += chunk.length
    if (size < limit) chunks.push(chunk)
    else chunks = []
    if (size > limit + patience) request.destroy()
  })
  request.on("end", () => done(size < limit ? Buffer.concat(chunks) : undefined))
  request.on("error", () => request.destroy())
}
