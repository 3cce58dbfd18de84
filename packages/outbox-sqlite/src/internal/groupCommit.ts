/** Decides which changes share a transaction. */
import type { Answer, Call } from "./operations.ts"
import { isChange, type Store } from "./store.ts"

/** A call with the number that its answer bears. */
export interface Request {
  readonly id: number
  readonly call: Call
}

/** The most appends in one transaction. */
export const mostAppends = 16
/** How long settlements wait for an append to ride with, in milliseconds. */
const settleDelay = 20
/** How long nothing must happen before free pages are given back, in milliseconds. */
const idleDelay = 100

/**
 * Gathers changes into transactions: all that came in together share one, and settlements wait a little for the next.
 */
export const make = (store: Store, answer: (id: number, answer: Answer) => void) => {
  let settlements: ReadonlyArray<Request> = []
  let flushing: NodeJS.Timeout | undefined
  let idling: NodeJS.Timeout | undefined

  const commit = (requests: ReadonlyArray<Request>): void => {
    clearTimeout(flushing)
    flushing = undefined
    const group = [...settlements, ...requests]
    settlements = []
    const answers = store.commit(group.map(({ call }) => call))
    for (const [i, { id }] of group.entries()) answer(id, answers[i]!)
  }

  const shrink = (): void => {
    idling = store.shrink() ? setTimeout(shrink, 1) : undefined
  }

  return {
    /** Takes requests that came in together. */
    handle: (requests: ReadonlyArray<Request>): void => {
      clearTimeout(idling)
      idling = setTimeout(shrink, idleDelay)
      const others = requests.filter(({ call }) => isChange(call) && call.method !== "settle")
      settlements = [...settlements, ...requests.filter(({ call }) => call.method === "settle")]
      if (others.length > 0) commit(others)
      else if (settlements.length > 0) flushing ??= setTimeout(() => commit([]), settleDelay)
      for (const { id, call } of requests) if (!isChange(call)) answer(id, store.read(call))
    },
    close: (): void => {
      if (settlements.length > 0) commit([])
      clearTimeout(idling)
      store.close()
    }
  }
}
