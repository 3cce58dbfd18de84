/** How much is under way at once: requests, and bytes of their bodies. */

/** One request's share. */
export interface Place {
  /** Holds so many bytes in all; `false` when there is no room for them beside those of others. */
  readonly grow: (bytes: number) => boolean
  readonly leave: () => void
}

export interface Room {
  /** A place for so many bytes to begin with. */
  readonly enter: (bytes: number) => Place | undefined
}

/** One request alone always has room: how large it may be is not asked here. */
export const make = (limits: { readonly requests: number; readonly bytes: number }): Room => {
  let requests = 0
  let held = 0
  return {
    enter: (bytes) => {
      if (requests === limits.requests || (requests > 0 && held + bytes > limits.bytes)) return undefined
      let own = bytes
      requests++
      held += own
      return {
        grow: (wanted) => {
          if (wanted <= own) return true
          if (requests > 1 && held - own + wanted > limits.bytes) return false
          held += wanted - own
          own = wanted
          return true
        },
        leave: () => {
          requests--
          held -= own
        }
      }
    }
  }
}
