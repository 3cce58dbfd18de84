/** The keys of the lanes: which the remote takes now, and which the configuration holds. */
import type { Kernel } from "./kernel.ts"
import { laneName, type Plan } from "./plan.ts"
import { secretMark } from "./witness.ts"

export interface Keys {
  /** `undefined` while the configuration has none. */
  readonly configured: (route: number, lane: number) => string | undefined
  readonly accepts: (route: number, lane: number, key: string) => boolean
  /** Calls once, at the next change of a route's configured keys; returns how to stop listening. */
  readonly onChange: (route: number, listener: () => void) => () => void
}

interface Entry {
  accepted: number
  configured: number | undefined
}

export const make = (plan: Plan, kernel: Kernel): Keys => {
  const entries = plan.routes.map(({ lanes }) =>
    Array.from({ length: lanes }, (): Entry => ({ accepted: 1, configured: 1 }))
  )
  const listeners = plan.routes.map(() => new Set<() => void>())
  const keyOf = (route: number, lane: number, version: number) => `${secretMark}${route}-${lane}-v${version}`

  for (const { route, lane, at, lag, held } of plan.rotations) {
    const entry = entries[route]![lane]!
    if (held) entry.configured = undefined
    kernel.after(at, () => {
      kernel.trace(`remote: ${plan.routes[route]!.name}/${laneName(lane)} has a new key`)
      entry.accepted = 2
    })
    kernel.after(at + lag, () => {
      kernel.trace(`configuration: ${plan.routes[route]!.name}/${laneName(lane)} has the new key`)
      entry.configured = 2
      const told = [...listeners[route]!]
      listeners[route]!.clear()
      for (const listener of told) listener()
    })
  }

  return {
    configured: (route, lane) => {
      const version = entries[route]![lane]!.configured
      return version === undefined ? undefined : keyOf(route, lane, version)
    },
    accepts: (route, lane, key) => keyOf(route, lane, entries[route]![lane]!.accepted) === key,
    onChange: (route, listener) => {
      listeners[route]!.add(listener)
      return () => listeners[route]!.delete(listener)
    }
  }
}
