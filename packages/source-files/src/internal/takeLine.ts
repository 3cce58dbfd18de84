/** What is done with a line, or an object over several: an event, a whole request of Custom HTTP, or a bad record. */
import type { Reader } from "@millrace/core/JsonLines"
import { CustomHttp } from "@millrace/events-braze"
import * as Result from "effect/Result"
import type { Gather } from "./gather.ts"

export const codec = CustomHttp.codec.name
const decode = CustomHttp.codec.decoder(codec)

/** `base` is the position of the bytes that it is given. */
export const readerOf = (gather: Gather, base: () => number): Reader => {
  const bury: Reader["bury"] = ({ bytes, end, line, start }, why, isWhole) => {
    const place = `line ${line}, byte ${base() + start}`
    const keep: CustomHttp.Taker["bury"] = (why, start, end, number) =>
      gather.bury({
        ...why,
        position: number === undefined ? place : `${place}, event ${number}`,
        raw: Buffer.from(bytes.subarray(start, end))
      })
    const add: CustomHttp.Taker["add"] = (event, start, end) => gather.add(event, bytes, start, end)
    if (isWhole && CustomHttp.takeRequest(bytes, start, end, { add, bury: keep })) return
    keep(why, start, end, undefined)
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
