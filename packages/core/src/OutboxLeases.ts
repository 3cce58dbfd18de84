/**
 * Leases in a scope, and those of a store where nobody contends for them. For authors of outboxes.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { InstanceState, Lease, Outbox } from "./Outbox.ts"

/** Gives back one after the other. */
const eachReleased = (leases: ReadonlyArray<Lease>): Effect.Effect<void> =>
  Effect.forEach(leases, ({ release }) => release, { discard: true })

/**
 * Takes leases and gives them back when the scope closes: one after the other, or all at once by `giveBack`. Nothing stays in the scope once each of them was released, or
 * when none was found: whoever asks every few seconds may do so for years.
 *
 * @since 1.0.0
 * @category constructors
 */
export const inScope = Effect.fnUntraced(function* <E>(
  take: Effect.Effect<ReadonlyArray<Lease>, E>,
  giveBack: (leases: ReadonlyArray<Lease>) => Effect.Effect<void> = eachReleased
): Effect.fn.Return<ReadonlyArray<Lease>, E, Scope.Scope> {
  const scope = yield* Effect.flatMap(Effect.scope, Scope.fork)
  const close = Scope.close(scope, Exit.void)
  const leases = yield* Effect.acquireRelease(take, giveBack).pipe(
    Scope.provide(scope),
    Effect.onError(() => close)
  )
  const held = new Set(leases)
  if (held.size === 0) yield* close
  return leases.map((lease) => ({
    ...lease,
    release: Effect.andThen(
      lease.release,
      Effect.suspend(() => (held.delete(lease) && held.size === 0 ? close : Effect.void))
    )
  }))
})

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
      inScope(
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
                isSure: () => held.get(name) === holder,
                release: Effect.sync(() => {
                  if (held.get(name) === holder) held.delete(name)
                })
              }
            })
        )
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
