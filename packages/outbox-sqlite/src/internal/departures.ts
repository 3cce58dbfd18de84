/**
 * Decides when calls cross to the thread of the store: settlements wait a little for the next change, so that they share its
 * message, its transaction and its answer. A lane settles several times while a chunk is read.
 */
import type { Request } from "./messages.ts"
import { isChange } from "./operations.ts"

/** How long a settlement waits for a change to ride with, in milliseconds. */
const settleDelay = 20

export interface Departures {
  /** Sends a request, at once or with the next one. */
  readonly add: (request: Request) => void
  /** Sends all that wait. */
  readonly flush: () => void
}

export const make = (send: (requests: ReadonlyArray<Request>) => void): Departures => {
  let settlements: Array<Request> = []
  let flushing: NodeJS.Timeout | undefined

  const leave = (others: ReadonlyArray<Request>): void => {
    clearTimeout(flushing)
    flushing = undefined
    const all = [...settlements, ...others]
    settlements = []
    if (all.length > 0) send(all)
  }

  return {
    add: (request) => {
      if (request.call.method === "settle") {
        settlements.push(request)
        flushing ??= setTimeout(leave, settleDelay, [])
      } else if (isChange(request.call)) leave([request])
      else send([request])
    },
    flush: () => leave([])
  }
}
