/** A client that pushes chunks, each at its time, and repeats one until it was answered. */
import type { Kernel } from "./kernel.ts"
import type { Plan, PlannedChunk } from "./plan.ts"

export interface Client {
  /** The next request that has come and is in nobody's hands. */
  readonly next: () => PlannedChunk | undefined
  readonly answered: (chunk: PlannedChunk) => void
  /** Turned away: it comes again. */
  readonly refused: (chunk: PlannedChunk) => void
  /** The process that held requests is gone: they come again. */
  readonly lost: () => void
  /** Calls once, when the next request comes; returns how to stop listening. */
  readonly onRequest: (listener: () => void) => () => void
  readonly isSatisfied: () => boolean
  /** The chunk in the process's hands. */
  readonly current: () => PlannedChunk | undefined
}

const repeatAfter = 5_000

export const make = (plan: Plan, kernel: Kernel): Client => {
  const come: Array<PlannedChunk> = []
  const listeners = new Set<() => void>()
  const answersLost = new Map(plan.requests.map(({ chunk, lost }) => [chunk, lost]))
  let current: PlannedChunk | undefined
  let answered = 0

  const arrive = (chunk: PlannedChunk) => {
    come.push(chunk)
    const told = [...listeners]
    listeners.clear()
    for (const listener of told) listener()
  }
  const again = (chunk: PlannedChunk) => {
    current = undefined
    kernel.after(repeatAfter, () => arrive(chunk))
  }
  for (const { at, chunk } of plan.requests) kernel.after(at, () => arrive(chunk))

  return {
    next: () => {
      current = come.shift()
      return current
    },
    answered: (chunk) => {
      const lost = answersLost.get(chunk) ?? 0
      if (lost > 0) {
        kernel.trace(`client: the answer to ${chunk.name} is lost`)
        answersLost.set(chunk, lost - 1)
        return again(chunk)
      }
      kernel.trace(`client: ${chunk.name} answered`)
      current = undefined
      answered++
    },
    refused: again,
    lost: () => {
      if (current !== undefined) again(current)
    },
    onRequest: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isSatisfied: () => answered === plan.requests.length,
    current: () => current
  }
}
