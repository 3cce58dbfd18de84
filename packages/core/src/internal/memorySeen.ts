/** The ids that the outbox in memory remembers, with the time of their append, oldest first. */
export const make = () => {
  const times = new Map<string, number>()
  return {
    add: (ids: ReadonlyArray<string>, at: number): void => {
      for (const id of ids) {
        times.delete(id)
        times.set(id, at)
      }
    },
    /** As far as times grow: a clock that was set back delays the forgetting, no more. */
    forget: (before: number): void => {
      for (const [id, at] of times) {
        if (at >= before) return
        times.delete(id)
      }
    },
    among: (ids: ReadonlyArray<string>, since: number): ReadonlySet<string> =>
      new Set(ids.filter((id) => (times.get(id) ?? Number.NEGATIVE_INFINITY) >= since))
  }
}
