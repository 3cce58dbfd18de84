/** Answer of a rate limit: `wait` in whole seconds when not allowed, `used` in whole percent. */
export interface Grant {
  readonly allowed: boolean
  readonly wait: number
  readonly used: number
}

const mostBatches = 100

/**
 * A limit of `rate` batches a second for each feed. It holds a second's worth, and at least what one request may
 * bring, so that every allowed request passes in time.
 */
export const makeTokenBuckets = (rate: number): ((feed: string, batches: number, at: number) => Grant) => {
  const capacity = Math.max(rate, mostBatches)
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>()
  return (feed, batches, at) => {
    const last = buckets.get(feed) ?? { tokens: capacity, at }
    const tokens = Math.min(capacity, last.tokens + (Math.max(0, at - last.at) * rate) / 1000)
    const allowed = batches <= tokens
    const left = allowed ? tokens - batches : tokens
    buckets.set(feed, { tokens: left, at })
    return {
      allowed,
      wait: allowed ? 0 : Math.ceil((batches - tokens) / rate),
      used: Math.round((1 - left / capacity) * 100)
    }
  }
}
