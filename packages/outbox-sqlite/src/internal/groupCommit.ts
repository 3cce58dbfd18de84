/** Decides which changes share a transaction: all that came in together. */
import type { Reply, Request } from "./messages.ts"
import { isChange } from "./operations.ts"
import type { Store } from "./store.ts"

/** The most appends in one transaction. */
export const mostAppends = 16
/** How long nothing must happen before free pages are given back, in milliseconds. */
const idleDelay = 100

export const make = (store: Store, reply: (replies: ReadonlyArray<Reply>) => void) => {
  let idling: NodeJS.Timeout | undefined

  const shrink = (): void => {
    idling = store.shrink() ? setTimeout(shrink, 1) : undefined
  }

  return {
    /** Takes requests that came in together. */
    handle: (requests: ReadonlyArray<Request>): void => {
      clearTimeout(idling)
      idling = setTimeout(shrink, idleDelay)
      const changes = requests.filter(({ call }) => isChange(call))
      if (changes.length > 0) {
        const answers = store.commit(changes.map(({ call }) => call))
        reply(changes.map(({ id, buffer }, i) => ({ id, answer: answers[i]!, buffer })))
      }
      for (const { id, call } of requests) if (!isChange(call)) reply([{ id, answer: store.read(call) }])
    },
    close: (): void => {
      clearTimeout(idling)
      store.close()
    }
  }
}
