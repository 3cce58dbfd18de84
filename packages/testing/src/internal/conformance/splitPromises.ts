/** Promises of a pull source: splits, claims, checkpoints. */
import { isDeepStrictEqual } from "node:util"
import type { Event } from "@millrace/core/Event"
import type { Split } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import type { Promised } from "../../Conformance.ts"
import * as Appended from "./appended.ts"
import * as Patience from "./patience.ts"
import { demand, Flaw, flaw, promised, until } from "./proof.ts"
import { completes, whole } from "./readingPromises.ts"
import * as SourceSubject from "./sourceSubject.ts"

export const splitPromises = <E extends Event>(
  subject: SourceSubject.SourceSubject<E>
): ReadonlyArray<Promised> => [
  promised("goes on where it stopped, whichever append a crash comes in", resumes(subject)),
  promised("claims what it reads, and appends nothing outside of the claim", claims(subject)),
  promised(
    "moves every checkpoint on with each chunk, and appends nothing when nothing is new",
    advances(subject)
  ),
  promised("ends quietly where a claim is lost or refused, and reads the rest", yields(subject)),
  promised("tells which of its splits are there, if it tells of them at all", tells(subject)),
  promised("reads no further while its appends wait", waits(subject)),
  promised("keeps watching while it follows", follows(subject)),
  ...(subject.replayable ? [promised("gives the same events when it is read again", repeats(subject))] : [])
]

/** All of few crash points, and some of many: the first, the last, and between. */
const pointsOf = (appends: number): ReadonlyArray<number> => {
  const most = 12
  const step = Math.max(1, (appends - 1) / (most - 1))
  const count = Math.min(appends, most)
  return Array.from({ length: count }, (_, at) => 1 + Math.round(at * step))
}

const resumes = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended } = yield* whole(subject)
  const appends = appended.chunks.length
  for (const at of pointsOf(appends)) {
    for (const isKept of [false, true]) {
      const again = Appended.make<E>()
      yield* SourceSubject.run(supplied, again, { crash: { at, isKept } })
      yield* SourceSubject.run(supplied, again)
      const durable = isKept ? "durable" : "not durable"
      yield* same(appended, again, `after a crash in append ${at} of ${appends}, its chunk ${durable}`)
    }
  }
  const step = Math.ceil(appends / 12)
  const often = Appended.make<E>()
  for (let lives = 0; lives < 3 * appends; lives++) {
    if ((yield* SourceSubject.run(supplied, often, { crash: { at: step + 1, isKept: false } })) === "ended")
      break
  }
  yield* same(appended, often, `after a crash every ${step} appends`)
})

/** As much as in the run in which nothing happened. */
const same = Effect.fnUntraced(function* <E extends Event>(
  calm: Appended.Appended<E>,
  found: Appended.Appended<E>,
  when: string
) {
  yield* Effect.mapError(
    completes(found, Appended.ids(calm)),
    ({ detail }) => new Flaw({ detail: `${when}, ${detail}` })
  )
  const [bad, all] = [Appended.malformed(found).length, Appended.malformed(calm).length]
  yield* demand(bad === all, () => `${when}, ${bad} bad records were appended, ${all} are there`)
})

const claims = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { appended } = yield* whole(subject)
  const bare = appended.chunks.find(
    ({ checkpoint, split }) => checkpoint === undefined || split === undefined
  )
  yield* demand(bare === undefined, () => "a chunk names no split or no checkpoint")
  const fault = appended.faults.find((text) => text.includes("claim"))
  yield* demand(fault === undefined, () => fault ?? "")
})

const advances = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended } = yield* whole(subject)
  const seen = new Set<string>()
  for (const { checkpoint, split } of appended.chunks) {
    const place = `${checkpoint} of ${split}`
    yield* demand(!seen.has(place), () => `two chunks end at the checkpoint ${place}`)
    seen.add(place)
  }
  const before = appended.chunks.length
  yield* SourceSubject.run(supplied, appended)
  const more = appended.chunks.length - before
  yield* demand(more === 0, () => `a second run appended ${more} chunks although nothing is new`)
})

const tells = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { appended } = yield* whole(subject)
  yield* demand(appended.untold.length === 0, () => `asked which splits are there, ${appended.untold[0]}`)
})

const splitOf = <E extends Event>({ chunks }: Appended.Appended<E>): Effect.Effect<Split, Flaw> => {
  const perSplit = [...Map.groupBy(chunks, ({ split }) => split)]
  const [split] = perSplit.find(([, chunks]) => chunks.length > 1) ?? []
  return split === undefined
    ? flaw("no split makes more than one chunk: give a larger one")
    : Effect.succeed(split)
}

const yields = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended } = yield* whole(subject)
  const split = yield* splitOf(appended)
  const elsewhere = (run: Appended.Appended<E>) =>
    run.chunks.filter((chunk) => chunk.split !== split).reduce((sum, { events }) => sum + events.length, 0)
  for (const [from, own] of [
    ["first-append", 1],
    ["start", 0]
  ] as const) {
    const lost = Appended.make<E>()
    yield* SourceSubject.run(supplied, lost, { elsewhere: { split, from } })
    const chunks = lost.chunks.filter((chunk) => chunk.split === split).length
    yield* demand(
      chunks === own,
      () =>
        `${chunks} chunks of a split were appended, whose claim was ${own === 0 ? "refused" : "lost after the first"}`
    )
    yield* demand(
      elsewhere(lost) === elsewhere(appended),
      () => `${elsewhere(lost)} of ${elsewhere(appended)} events were read of the other splits`
    )
  }
})

const waits = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const supplied = yield* subject.open
  const appended = Appended.make<E>()
  const fiber = yield* SourceSubject.start(supplied, appended, { isHeld: true })
  const begun = yield* until(() => appended.appends > 0)
  yield* demand(begun, () => `the source appended nothing within ${Patience.inSeconds(Patience.brief)}`)
  // Sleeps, since nothing tells of a source that it will append no more.
  yield* Effect.sleep("150 millis")
  const { appends } = subject.limits
  yield* demand(
    appended.peak <= appends,
    () => `${appended.peak} appends were under way at once, ${appends} are allowed`
  )
  yield* SourceSubject.stop(fiber)
})

const follows = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended: calm } = yield* whole(subject)
  const ids = Appended.ids(calm)
  const appended = Appended.make<E>()
  const fiber = yield* SourceSubject.start(supplied, appended, {}, true)
  let hasEnded = false
  fiber.addObserver(() => {
    hasEnded = true
  })
  yield* until(() => hasEnded || Appended.ids(appended).length >= ids.length, Patience.long)
  // Sleeps, since nothing tells of a source that it will not end.
  yield* Effect.sleep("100 millis")
  yield* demand(!hasEnded, () => "the source ended by itself although it follows")
  yield* completes(appended, ids)
  yield* SourceSubject.stop(fiber)
})

const repeats = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended } = yield* whole(subject)
  const again = Appended.make<E>()
  // What a source made of the time of its reading would be another now.
  const read = Date.now()
  yield* until(() => Date.now() > read)
  yield* SourceSubject.run(supplied, again)
  const bySplit = (run: Appended.Appended<E>) =>
    [...Map.groupBy(run.chunks, ({ split }) => split)]
      .map(([split, chunks]) => [split, chunks.flatMap(({ events }) => events)] as const)
      .sort(([left = ""], [right = ""]) => (left < right ? -1 : 1))
  yield* demand(
    isDeepStrictEqual(bySplit(appended), bySplit(again)),
    () => "a second reading from the start gave other events, or another order within a split"
  )
})
