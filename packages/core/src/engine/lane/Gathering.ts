/**
 * Messages that would leave half a request empty wait a moment for others. Owns since when they wait; the lane's `Sender`
 * alone writes it. Plain state, no effects.
 */
export interface Gathering {
  /** Until when what waits gathers, in epoch milliseconds; in the past when it need not. */
  readonly until: (now: number, waiting: number, isEnough: boolean) => number
  /** They leave. */
  readonly end: () => void
}

/** How long messages that do not fill a request wait for others, in milliseconds. */
const linger = 20

export const make = (): Gathering => {
  let since = Infinity
  return {
    until: (now, waiting, isEnough) => {
      if (waiting === 0) since = Infinity
      else if (since === Infinity) since = now
      return isEnough || since === Infinity ? 0 : since + linger
    },
    end: () => {
      since = Infinity
    }
  }
}
