/** Objects that could not be read, and when each is to be tried again. */
import type { Problem } from "@millrace/core/Intake"
import type { SourceError } from "@millrace/core/Source"
import * as Duration from "effect/Duration"
import type { StoredObject } from "../ObjectStore.ts"
import * as Problems from "../Problems.ts"

/** Milliseconds: the first wait, which doubles, and the longest. */
const waits = { first: 5000, longest: 600_000 }
/** Others are tried again with the next listing. */
const most = 1000

/** How long to wait after so many failures in a row, and at least as long as was asked for. */
export const waitAfter = (failures: number, { after }: SourceError): number =>
  Math.max(
    Math.min(waits.longest, waits.first * 2 ** Math.min(failures - 1, 20)),
    after === undefined ? 0 : Duration.toMillis(Duration.fromInputUnsafe(after))
  )

interface Kept {
  readonly tag: string
  readonly failures: number
  readonly problem: Problem
  /** Epoch milliseconds. */
  readonly at: number
}

export interface Refused {
  readonly add: (object: StoredObject, error: SourceError, now: number) => void
  readonly remove: (key: string) => void
  readonly isHeld: (object: StoredObject) => boolean
  /** Those to be tried again by now; they are held no longer. */
  readonly due: (now: number) => ReadonlyArray<string>
  readonly nextAt: () => number
  readonly problems: () => ReadonlyArray<Problem>
}

export const make = (): Refused => {
  const kept = new Map<string, Kept>()
  const free = new Set<string>()
  return {
    add: ({ key, tag }, error, now) => {
      const failures = (kept.get(key)?.failures ?? 0) + 1
      free.delete(key)
      if (!kept.has(key) && kept.size >= most) return
      const problem = Problems.problemOf(error, key)
      kept.set(key, { tag, failures, problem, at: now + waitAfter(failures, error) })
    },
    remove: (key) => {
      kept.delete(key)
      free.delete(key)
    },
    isHeld: ({ key, tag }) => kept.get(key)?.tag === tag && !free.has(key),
    due: (now) => {
      const found = [...kept].filter(([key, { at }]) => at <= now && !free.has(key)).map(([key]) => key)
      for (const key of found) free.add(key)
      return found
    },
    nextAt: () => {
      let next = Number.POSITIVE_INFINITY
      for (const [key, { at }] of kept) if (!free.has(key)) next = Math.min(next, at)
      return next
    },
    problems: () => [...kept.values()].map(({ problem }) => problem)
  }
}
