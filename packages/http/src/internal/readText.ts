/** Answers are read for their status and a line of explanation: more than this is nobody's need. */
const limit = 64 * 1024

/** The first 64 KiB as text. Stopping early destroys the stream, and with it the connection. */
export const readText = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= limit) break
  }
  return Buffer.concat(chunks).subarray(0, limit).toString("utf8")
}
