/** The first 64 KiB of an answer, as text. */
export const beginningOf = async (response: Response): Promise<string> => {
  const parts: Array<Uint8Array> = []
  let size = 0
  for await (const part of response.body ?? []) {
    parts.push(part)
    size += part.length
    if (size > 64 * 1024) break
  }
  return Buffer.concat(parts).toString("utf8")
}
