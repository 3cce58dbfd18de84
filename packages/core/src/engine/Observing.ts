/**
 * The observer of one run, made safe: what it throws ends nothing, and the log tells of the first throw. And what it is told of
 * appends.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Log from "../Log.ts"
import { type Append, type Observe, Observer } from "../Observer.ts"
import type { Appending, Buried, Outbox } from "../Outbox.ts"

/** Nobody where nobody listens: whoever would tell makes no observation then. */
export const take: Effect.Effect<Observe | undefined> = Effect.gen(function* () {
  const observe = yield* Observer
  if (observe === undefined) return undefined
  const context = yield* Effect.context<never>()
  let hasThrown = false
  return (observation) => {
    try {
      observe(observation)
    } catch (cause) {
      if (hasThrown) return
      hasThrown = true
      // The class alone: a message may quote what it was given.
      const name = cause instanceof Error ? cause.name : typeof cause
      Effect.runForkWith(context)(
        Log.write(
          "observer-defect",
          `defect of the observer: it threw ${name} at ${observation._tag}; the exporter goes on`
        )
      )
    }
  }
})

/** The same outbox, of whose appends somebody is told; itself where nobody listens. */
export const ofOutbox = (
  outbox: Outbox["Service"],
  observe: Observe | undefined,
  clock: Clock.Clock
): Outbox["Service"] => {
  if (observe === undefined) return outbox
  return {
    ...outbox,
    append: Effect.fnUntraced(function* (entry) {
      const began = clock.currentTimeMillisUnsafe()
      const stored = yield* outbox.append(entry)
      observe(appended(entry, { began, ended: clock.currentTimeMillisUnsafe() }))
      return stored
    })
  }
}

const appended = (
  { origin: { source, split }, parcels, buried }: Appending,
  times: Pick<Append, "began" | "ended">
): Append => ({
  _tag: "Append",
  source,
  split,
  events: parcels.reduce((sum, { records }) => sum + records.ends.length, 0),
  bytes: parcels.reduce((sum, { records }) => sum + records.bytes.length, 0),
  parcels: parcels.length,
  dead: deadOf(buried),
  ...times
})

const deadOf = (buried: ReadonlyArray<Buried>): Append["dead"] => {
  const byRoute = new Map<string, { readonly route: string; readonly reason: string; events: number }>()
  for (const { reason, routes } of buried) {
    for (const route of routes) {
      const key = JSON.stringify([route, reason])
      const found = byRoute.get(key) ?? { route, reason, events: 0 }
      found.events++
      byRoute.set(key, found)
    }
  }
  return [...byRoute.values()]
}
