/**
 * Leases where nobody contends for them. For authors of outboxes.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { InstanceState, Lease, Outbox } from "./Outbox.ts"

/**
 * The leases of a store that one process owns: nobody else can ask for one. What joins it is alone.
 *
 * @since 1.0.0
 * @category constructors
 */
export const own = (): Pick<
  Outbox["Service"],
  "lease" | "join" | "instances" | "news" | "tracks" | "shared"
> => {
  /** Each by its own holder: a name that was given up may have another by now. */
  const held = new Map<string, object>()
  const joined = new Set<Omit<InstanceState, "leases">>()
  return {
    shared: false,
    tracks: 1,
    lease: (names, most) =>
      Effect.acquireRelease(
        Effect.sync(() =>
          names
            .filter((name) => !held.has(name))
            .slice(0, most)
            .map((name): Lease => {
              const holder = {}
              held.set(name, holder)
              return {
                name,
                token: 0,
                revoked: Effect.never,
                lost: Effect.never,
                release: Effect.sync(() => {
                  if (held.get(name) === holder) held.delete(name)
                })
              }
            })
        ),
        (leases) => Effect.forEach(leases, ({ release }) => release, { discard: true })
      ),
    join: (instance) =>
      Effect.acquireRelease(
        Effect.map(Clock.currentTimeMillis, (now) => {
          const state = { ...instance, since: now, seen: now }
          joined.add(state)
          return state
        }),
        (state) => Effect.sync(() => joined.delete(state))
      ).pipe(Effect.asVoid),
    instances: Effect.sync(() => [...joined].map((state) => ({ ...state, leases: [...held.keys()] }))),
    news: Effect.never
  }
}
