/** A client that pushes chunks, each at its time, and repeats one until it was answered. */
import type { Kernel } from "./kernel.ts"
import type { Plan, PlannedChunk } from "./plan.ts"

export interface Client {
  /** The next request that has come and is in nobody's hands. */
  readonly next: (holder: object) => PlannedChunk | undefined
  readonly answered: (holder: object, chunk: PlannedChunk) => void
  /** Turned away: it comes again. */
  readonly refused: (holder: object, chunk: PlannedChunk) => void
  /** The process that held requests is gone: they come again. */
  readonly lost: (holder: object) => void
  /** Calls once, when the next request comes; returns how to stop listening. */
  readonly onRequest: (listener: () => void) => () => void
  readonly isSatisfied: () => boolean
  /** The chunk in the process's hands. */
  readonly current: (holder: object) => PlannedChunk | undefined
}

const repeatAfter = 5_000

export const make = (plan: Plan, kernel: Kernel): Client => {
  const come: Array<PlannedChunk> = []
  const listeners = new Set<() => void>()
  const answersLost = new Map(plan.requests.map(({ chunk, lost }) => [chunk, lost]))
  /** By the process that holds it. */
  const held = new Map<object, PlannedChunk>()
  let answered = 0

  const arrive = (chunk: PlannedChunk) => {
    come.push(chunk)
    const told = [...listeners]
    listeners.clear()
    for (const listener of told) listener()
  }
  const again = (holder: object, chunk: PlannedChunk) => {
    held.delete(holder)
    kernel.after(repeatAfter, () => arrive(chunk))
  }
  for (const { at, chunk } of plan.requests) kernel.after(at, () => arrive(chunk))

  return {
    next: (holder) => {
      const chunk = come.shift()
      if (chunk !== undefined) held.set(holder, chunk)
      return chunk
    },
    answered: (holder, chunk) => {
      const lost = answersLost.get(chunk) ?? 0
      if (lost > 0) {
        kernel.trace(`client: the answer to ${chunk.name} is lost`)
        answersLost.set(chunk, lost - 1)
        return again(holder, chunk)
      }
      kernel.trace(`client: ${chunk.name} answered`)
      held.delete(holder)
      answered++
    },
    refused: again,
    lost: (holder) => {
      const chunk = held.get(holder)
      if (chunk !== undefined) again(holder, chunk)
    },
    onRequest: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isSatisfied: () => answered === plan.requests.length,
    current: (holder) => held.get(holder)
  }
}
