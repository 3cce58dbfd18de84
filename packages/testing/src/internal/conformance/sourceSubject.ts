/** The source under test with every default filled in, what it has to read, and how it is run. */
import type { Event } from "@millrace/core/Event"
import type { Source } from "@millrace/core/Source"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Appended from "./appended.ts"
import * as Patience from "./patience.ts"
import { demand, Flaw, flaw } from "./proof.ts"
import type { Limits, SourceUnderTest, Supply } from "./sourceUnderTest.ts"

export interface SourceSubject<E extends Event> {
  readonly limits: Required<Limits>
  readonly meetsBadRecords: boolean
  readonly replayable: boolean
  readonly open: Effect.Effect<Supplied<E>, unknown, Scope.Scope>
}

/** A source and its supply. */
export interface Supplied<E extends Event> extends Omit<Supply<unknown>, "settings"> {
  readonly source: Source<E>
}

export const make = <E extends Event, Input, CredentialsInput>(
  under: SourceUnderTest<E, Input, CredentialsInput>
): SourceSubject<E> => {
  const { credentials = {}, kind, limits = {}, meetsBadRecords = true, plugin, replayable = false } = under
  return {
    limits: { appends: 4, records: 10_000, bytes: 1024 * 1024, ...limits },
    meetsBadRecords,
    replayable,
    open: Effect.gen(function* () {
      const { settings, ...supply } = yield* under.supply
      const source = yield* Effect.fromResult(
        plugin.fromUnknown({ settings, credentials: Effect.succeed(credentials) })
      )
      yield* demand(
        (source.replayable ?? false) === replayable,
        () => `replayable is ${source.replayable ?? false} in the definition and ${replayable} for the suite`
      )
      yield* demand(
        (kind === "push") === (supply.requests !== undefined),
        () => "a push source needs `requests` in its supply, a pull source has none"
      )
      const { ids } = supply
      const twice = ids.length - new Set(ids).size
      yield* demand(twice === 0, () => `the supply names ${twice} ids twice: give each event one of its own`)
      return { ...supply, source }
    })
  }
}

/** For a source that is told to stop, in milliseconds. */
const stopLimit = 2_000

/** Starts the source, and whoever pushes to it; ends with it, or when all that is pushed is acknowledged. */
export const start = <E extends Event>(
  { requests, source }: Supplied<E>,
  appended: Appended.Appended<E>,
  plan: Appended.Plan,
  follow = requests !== undefined
): Effect.Effect<Fiber.Fiber<void, Flaw>> => {
  const reading = Effect.mapError(
    source.run(Appended.intake(appended, plan), { follow }),
    ({ detail }) => new Flaw({ detail: `the source failed: ${detail}` })
  )
  return Effect.forkChild(
    requests === undefined ? reading : Effect.raceFirst(reading, push(requests, appended))
  )
}

/**
 * Runs the source into the appended until it has ended, until all that is pushed is acknowledged, or until the plan
 * crashes it; `crashed` in that case.
 */
export const run = Effect.fnUntraced(function* <E extends Event>(
  supplied: Supplied<E>,
  appended: Appended.Appended<E>,
  plan: Appended.Plan = {}
): Effect.fn.Return<"ended" | "crashed", Flaw> {
  const crash = yield* Deferred.make<void>()
  const fiber = yield* start(supplied, appended, {
    ...plan,
    onCrash: Effect.asVoid(Deferred.succeed(crash, undefined))
  })
  const end = Effect.raceFirst(
    Effect.as(Fiber.join(fiber), "ended" as const),
    Effect.as(Deferred.await(crash), "crashed" as const)
  )
  const found = yield* Patience.within(end, Patience.long)
  yield* stop(fiber)
  return found._tag === "Some"
    ? found.value
    : yield* flaw(`the source did not end within ${Patience.inSeconds(Patience.long)}`)
})

/** Interrupts a source, which must not take long over it. */
export const stop = Effect.fnUntraced(function* <A, X>(
  fiber: Fiber.Fiber<A, X>
): Effect.fn.Return<void, Flaw> {
  fiber.interruptUnsafe()
  const stopped = yield* Patience.within(Fiber.await(fiber), stopLimit)
  yield* demand(
    stopped._tag === "Some",
    () => `the source goes on ${Patience.inSeconds(stopLimit)} after it was interrupted`
  )
})

/** Sends what was not yet acknowledged, again and again until it is. */
const push = <E extends Event>(
  requests: ReadonlyArray<Effect.Effect<boolean>>,
  { acknowledged }: Appended.Appended<E>
): Effect.Effect<void> =>
  Effect.forEach(
    requests.flatMap((request, at) => (acknowledged.has(at) ? [] : [{ at, request }])),
    ({ at, request }) =>
      Effect.repeat(
        Effect.tap(request, (isTaken) =>
          isTaken ? Effect.sync(() => acknowledged.add(at)) : Effect.sleep("10 millis")
        ),
        { until: (isTaken) => isTaken }
      ),
    { discard: true }
  )
