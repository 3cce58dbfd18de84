/** What is done with a line, or an object over several: an event, a whole request of Custom HTTP, or a bad record. */
import type { Reader } from "@millrace/core/JsonLines"
import { CustomHttp } from "@millrace/events-braze"
import * as Result from "effect/Result"
import type { Gather } from "./gather.ts"

export const codec = CustomHttp.codec.name
const decode = CustomHttp.codec.decoder(codec)

/** `base` is the position of the bytes that it is given. */
export const readerOf = (gather: Gather, base: () => number): Reader => {
  /** The events of a request are taken one by one, each with its own bytes; `false` when it is none. */
  const takeEnvelope = (bytes: Buffer, start: number, end: number, line: number): boolean => {
    const items = isObject(bytes, start, end) ? CustomHttp.items(bytes, start, end) : undefined
    if (items === undefined) return false
    let number = 0
    for (const { result, ...item } of items) {
      number++
      if (Result.isSuccess(result)) gather.add(result.success, bytes, item.start, item.end)
      else {
        const position = `line ${line}, byte ${base() + start}, event ${number}`
        gather.bury({ ...result.failure, position, raw: Buffer.from(bytes.subarray(item.start, item.end)) })
      }
    }
    return true
  }

  const bury: Reader["bury"] = ({ bytes, end, line, start }, why, isWhole) => {
    if (isWhole && takeEnvelope(bytes, start, end, line)) return
    gather.bury({
      ...why,
      position: `line ${line}, byte ${base() + start}`,
      raw: Buffer.from(bytes.subarray(start, end))
    })
  }

  return {
    isFull: gather.isFull,
    bury,
    take: (bytes, start, end, line) => {
      const result = decode(bytes, start, end)
      if (Result.isSuccess(result)) {
        gather.add(result.success, bytes, start, end)
        return undefined
      }
      if (result.failure.reason === "malformed") return result.failure
      bury({ bytes, start, end, line }, result.failure, true)
      return undefined
    }
  }
}

/** A list in a line is no request. */
const isObject = (bytes: Buffer, start: number, end: number): boolean =>
  /^(?:\xef\xbb\xbf)?[ \t\r\n]*\{/.test(bytes.toString("latin1", start, Math.min(end, start + 64)))
