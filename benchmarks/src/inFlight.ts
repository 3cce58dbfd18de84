/** Work under way, bounded: as many requests as a plain program keeps open. */
export interface InFlight {
  readonly add: (work: Promise<void>) => void
  /** Resolves when there is room for more. */
  readonly room: () => Promise<void>
  readonly idle: () => Promise<void>
}

export const make = (limit: number): InFlight => {
  const running = new Set<Promise<void>>()
  return {
    add: (work) => {
      const tracked = work.finally(() => running.delete(tracked))
      running.add(tracked)
    },
    room: async () => {
      while (running.size >= limit) await Promise.race(running)
    },
    idle: async () => {
      await Promise.all(running)
    }
  }
}
