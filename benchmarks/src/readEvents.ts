/** Reads NDJSON as a plain program would do it well: large reads into one buffer, one parse a line. */
import { open } from "node:fs/promises"
import type { CurrentsEvent } from "./message.ts"

const chunkSize = 512 * 1024
const newline = 10

/** Hands every event on at once; after each chunk it waits for `room`. */
export const readEvents = async (
  path: string,
  take: (event: CurrentsEvent) => void,
  room: () => Promise<void>
): Promise<void> => {
  const file = await open(path)
  const buffer = Buffer.allocUnsafeSlow(chunkSize)
  let kept = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, kept, chunkSize - kept)
    if (bytesRead === 0) break
    const end = kept + bytesRead
    let begin = 0
    for (;;) {
      const at = buffer.indexOf(newline, begin)
      if (at === -1 || at >= end) break
      take(JSON.parse(buffer.toString("utf8", begin, at)))
      begin = at + 1
    }
    buffer.copyWithin(0, begin, end)
    kept = end - begin
    await room()
  }
  await file.close()
}
