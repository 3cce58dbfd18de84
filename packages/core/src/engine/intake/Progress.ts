/**
 * How far the sources are, in bytes of input, and what of their splits could not be read. Owns these counts: the doors of the
 * sources write them, and whoever shows a run asks.
 */
import type { Split, Unread } from "../../Intake.ts"
import type { Progress as Told, UnreadSplit } from "../../Running.ts"

export interface Progress {
  /** So many bytes of input are stored. */
  readonly onRead: (bytes: number) => void
  /** So many bytes of input lie ahead. */
  readonly expect: (bytes: number) => void
  /** The split is read again: what was left of it is asked anew. */
  readonly onClaim: (source: string, split: Split) => void
  /** What is left of a split, until it is claimed again. */
  readonly onUnread: (source: string, split: Split, left: Unread, now: number) => void
  /** All sources have ended, and what they read is stored. */
  readonly end: () => void
  readonly now: () => Told
}

const keyOf = (source: string, split: Split): string => JSON.stringify([source, split])

export const make = (): Progress => {
  const unread = new Map<string, UnreadSplit>()
  let consumed = 0
  let expected = 0
  let sourcesEnded = false
  return {
    onRead: (bytes) => {
      consumed += bytes
    },
    expect: (bytes) => {
      expected += bytes
    },
    onClaim: (source, split) => {
      unread.delete(keyOf(source, split))
    },
    onUnread: (source, split, left, since) => {
      unread.set(keyOf(source, split), { source, split, ...left, since })
    },
    end: () => {
      sourcesEnded = true
    },
    now: () => ({ consumed, expected, sourcesEnded, unread: [...unread.values()] })
  }
}
