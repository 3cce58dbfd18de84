/** Promises of a pull source: splits, claims, checkpoints. */
import { isDeepStrictEqual } from "node:util"
import type { Event } from "@millrace/core/Event"
import type { Split } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import type { Promised } from "../../Conformance.ts"
import * as Patience from "./patience.ts"
import { demand, Flaw, flaw, promised, until } from "./proof.ts"
import { completes, whole } from "./readingPromises.ts"
import * as Reservoir from "./reservoir.ts"
import * as Spring from "./spring.ts"

export const splitPromises = <E extends Event>(spring: Spring.Spring<E>): ReadonlyArray<Promised> => [
  promised("goes on where it stopped, whichever append a crash comes in", resumes(spring)),
  promised("claims what it reads, and appends nothing outside of the claim", claims(spring)),
  promised(
    "moves every checkpoint on with each chunk, and appends nothing when nothing is new",
    advances(spring)
  ),
  promised("ends quietly where a claim is lost or refused, and reads the rest", yields(spring)),
  promised("reads no further while its appends wait", waits(spring)),
  promised("keeps watching while it follows", follows(spring)),
  ...(spring.replayable ? [promised("gives the same events when it is read again", repeats(spring))] : [])
]

/** All of few crash points, and some of many: the first, the last, and between. */
const pointsOf = (appends: number): ReadonlyArray<number> => {
  const most = 12
  const step = Math.max(1, (appends - 1) / (most - 1))
  const count = Math.min(appends, most)
  return Array.from({ length: count }, (_, at) => 1 + Math.round(at * step))
}

const resumes = <E extends Event>(spring: Spring.Spring<E>) =>
  Effect.gen(function* () {
    const { flow, reservoir } = yield* whole(spring)
    const appends = reservoir.chunks.length
    for (const at of pointsOf(appends)) {
      for (const isKept of [false, true]) {
        const again = Reservoir.make<E>()
        yield* Spring.run(flow, again, { crash: { at, isKept } })
        yield* Spring.run(flow, again)
        const durable = isKept ? "durable" : "not durable"
        yield* same(reservoir, again, `after a crash in append ${at} of ${appends}, its chunk ${durable}`)
      }
    }
    const step = Math.ceil(appends / 12)
    const often = Reservoir.make<E>()
    for (let lives = 0; lives < 3 * appends; lives++) {
      if ((yield* Spring.run(flow, often, { crash: { at: step + 1, isKept: false } })) === "ended") break
    }
    yield* same(reservoir, often, `after a crash every ${step} appends`)
  })

/** As much as in the run in which nothing happened. */
const same = <E extends Event>(calm: Reservoir.Reservoir<E>, found: Reservoir.Reservoir<E>, when: string) =>
  Effect.gen(function* () {
    yield* Effect.mapError(
      completes(found, Reservoir.ids(calm)),
      ({ detail }) => new Flaw({ detail: `${when}, ${detail}` })
    )
    const [bad, all] = [Reservoir.malformed(found).length, Reservoir.malformed(calm).length]
    yield* demand(bad === all, () => `${when}, ${bad} bad records were appended, ${all} are there`)
  })

const claims = <E extends Event>(spring: Spring.Spring<E>) =>
  Effect.gen(function* () {
    const { reservoir } = yield* whole(spring)
    const bare = reservoir.chunks.find(
      ({ checkpoint, split }) => checkpoint === undefined || split === undefined
    )
    yield* demand(bare === undefined, () => "a chunk names no split or no checkpoint")
    const fault = reservoir.faults.find((text) => text.includes("claim"))
    yield* demand(fault === undefined, () => fault ?? "")
  })

const advances = <E extends Event>(spring: Spring.Spring<E>) =>
  Effect.gen(function* () {
    const { flow, reservoir } = yield* whole(spring)
    const seen = new Set<string>()
    for (const { checkpoint, split } of reservoir.chunks) {
      const place = `${checkpoint} of ${split}`
      yield* demand(!seen.has(place), () => `two chunks end at the checkpoint ${place}`)
      seen.add(place)
    }
    const before = reservoir.chunks.length
    yield* Spring.run(flow, reservoir)
    const more = reservoir.chunks.length - before
    yield* demand(more === 0, () => `a second run appended ${more} chunks although nothing is new`)
  })

const splitOf = <E extends Event>({ chunks }: Reservoir.Reservoir<E>): Effect.Effect<Split, Flaw> => {
  const perSplit = [...Map.groupBy(chunks, ({ split }) => split)]
  const [split] = perSplit.find(([, chunks]) => chunks.length > 1) ?? []
  return split === undefined
    ? flaw("no split makes more than one chunk: give a larger one")
    : Effect.succeed(split)
}

const yields = <E extends Event>(spring: Spring.Spring<E>) =>
  Effect.gen(function* () {
    const { flow, reservoir } = yield* whole(spring)
    const split = yield* splitOf(reservoir)
    const elsewhere = (run: Reservoir.Reservoir<E>) =>
      run.chunks.filter((chunk) => chunk.split !== split).reduce((sum, { events }) => sum + events.length, 0)
    for (const [from, own] of [
      ["first-append", 1],
      ["start", 0]
    ] as const) {
      const lost = Reservoir.make<E>()
      yield* Spring.run(flow, lost, { elsewhere: { split, from } })
      const chunks = lost.chunks.filter((chunk) => chunk.split === split).length
      yield* demand(
        chunks === own,
        () =>
          `${chunks} chunks of a split were appended, whose claim was ${own === 0 ? "refused" : "lost after the first"}`
      )
      yield* demand(
        elsewhere(lost) === elsewhere(reservoir),
        () => `${elsewhere(lost)} of ${elsewhere(reservoir)} events were read of the other splits`
      )
    }
  })

const waits = <E extends Event>(spring: Spring.Spring<E>) =>
  Effect.gen(function* () {
    const flow = yield* spring.open
    const reservoir = Reservoir.make<E>()
    const fiber = yield* Spring.start(flow, reservoir, { isHeld: true })
    const begun = yield* until(() => reservoir.appends > 0)
    yield* demand(begun, () => `the source appended nothing within ${Patience.inSeconds(Patience.brief)}`)
    yield* Effect.sleep("150 millis")
    const { appends } = spring.limits
    yield* demand(
      reservoir.peak <= appends,
      () => `${reservoir.peak} appends were under way at once, ${appends} are allowed`
    )
    yield* Spring.stop(fiber)
  })

const follows = <E extends Event>(spring: Spring.Spring<E>) =>
  Effect.gen(function* () {
    const { flow, reservoir: calm } = yield* whole(spring)
    const ids = Reservoir.ids(calm)
    const reservoir = Reservoir.make<E>()
    const fiber = yield* Spring.start(flow, reservoir, {}, true)
    let hasEnded = false
    fiber.addObserver(() => {
      hasEnded = true
    })
    yield* until(() => hasEnded || Reservoir.ids(reservoir).length >= ids.length, Patience.long)
    yield* Effect.sleep("100 millis")
    yield* demand(!hasEnded, () => "the source ended by itself although it follows")
    yield* completes(reservoir, ids)
    yield* Spring.stop(fiber)
  })

const repeats = <E extends Event>(spring: Spring.Spring<E>) =>
  Effect.gen(function* () {
    const { flow, reservoir } = yield* whole(spring)
    const again = Reservoir.make<E>()
    yield* Effect.sleep("5 millis")
    yield* Spring.run(flow, again)
    const bySplit = (run: Reservoir.Reservoir<E>) =>
      [...Map.groupBy(run.chunks, ({ split }) => split)]
        .map(([split, chunks]) => [split, chunks.flatMap(({ events }) => events)] as const)
        .sort(([left = ""], [right = ""]) => (left < right ? -1 : 1))
    yield* demand(
      isDeepStrictEqual(bySplit(reservoir), bySplit(again)),
      () => "a second reading from the start gave other events, or another order within a split"
    )
  })
