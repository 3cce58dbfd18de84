/** An answer that is asked for again and again while the page is seen. */
import { useEffect, useState } from "preact/hooks"
import { messageOf, Refused } from "./ask.ts"

export interface Polled<A> {
  readonly value?: A
  /** When it came, in epoch milliseconds. */
  readonly at?: number
  readonly problem?: string
  /** Whether a token is asked for. */
  readonly isRefused?: boolean
}

/** `turn` asks anew at once when it changes. */
export const usePolled = <A>(ask: () => Promise<A>, every: number, turn: unknown): Polled<A> => {
  const [polled, setPolled] = useState<Polled<A>>({})
  useEffect(() => {
    let isOver = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      clearTimeout(timer)
      if (!document.hidden) {
        try {
          const value = await ask()
          if (!isOver) setPolled({ value, at: Date.now() })
        } catch (cause) {
          const isRefused = cause instanceof Refused && cause.status === 401
          if (!isOver) setPolled((before) => ({ ...before, problem: messageOf(cause), isRefused }))
        }
      }
      if (!isOver) timer = setTimeout(look, every)
    }
    const onSeen = () => {
      if (!document.hidden) void look()
    }
    document.addEventListener("visibilitychange", onSeen)
    void look()
    return () => {
      isOver = true
      clearTimeout(timer)
      document.removeEventListener("visibilitychange", onSeen)
    }
  }, [turn])
  return polled
}
