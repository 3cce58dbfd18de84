/** Whether this instance can be sure of its leases: by its own clock, and by what the server says. */
import type { Token } from "@millrace/core/Outbox"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** How long the leases of an instance last that is not heard of, and how often it is, in milliseconds. */
export interface Times {
  readonly lease: number
  readonly renew: number
}

/** A lease that we hold. */
export interface Held {
  readonly name: string
  readonly token: Token
  /** When it was known to be ours, by our own clock: an answer that was asked for before says nothing of it. */
  readonly at: number
  readonly lost: Deferred.Deferred<void>
}

export interface Leases {
  readonly held: Map<Token, Held>
  /** Leases that we are no longer sure of, and that the server may still take for ours. */
  readonly given: Set<Token>
  readonly hold: (name: string, token: Token, at: number) => Held
  readonly lose: (which: (held: Held) => boolean) => void
}

export const make = (): Leases => {
  const held = new Map<Token, Held>()
  const given = new Set<Token>()
  return {
    held,
    given,
    hold: (name, token, at) => {
      const one = {
        name,
        token,
        at,
        lost: Deferred.makeUnsafe<void>()
      }
      held.set(token, one)
      return one
    },
    lose: (which) => {
      for (const one of [...held.values()].filter(which)) {
        held.delete(one.token)
        given.add(one.token)
        Deferred.doneUnsafe(one.lost, Effect.void)
      }
    }
  }
}
