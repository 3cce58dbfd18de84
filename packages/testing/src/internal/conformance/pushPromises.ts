/** Promises of a push source: what it acknowledges, and when it says "later". */
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import type { Promised } from "../../Conformance.ts"
import * as Appended from "./appended.ts"
import * as Patience from "./patience.ts"
import { demand, eventually, Flaw, flaw, promised } from "./proof.ts"
import { completes, whole } from "./readingPromises.ts"
import * as SourceSubject from "./sourceSubject.ts"

export const pushPromises = <E extends Event>(
  subject: SourceSubject.SourceSubject<E>
): ReadonlyArray<Promised> => [
  promised("acknowledges only what is durable, whichever append a crash comes in", acknowledges(subject)),
  promised("says later while the outbox is full, and appends nothing", defers(subject))
]

/** Long enough for an answer that does not wait for the append to arrive. */
const appending = "20 millis"

const acknowledges = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended } = yield* whole(subject)
  const appends = appended.chunks.length
  const points = Array.from({ length: Math.min(appends, 12) }, (_, at) => at + 1)
  for (const at of points) {
    for (const isKept of [false, true]) {
      const again = Appended.make<E>()
      yield* SourceSubject.run(supplied, again, { crash: { at, isKept, lasts: appending } })
      yield* SourceSubject.run(supplied, again)
      const durable = isKept ? "durable" : "not durable"
      yield* Effect.mapError(
        completes(again, Appended.ids(appended), { mayRepeat: true }),
        ({ detail }) =>
          new Flaw({
            detail: `after a crash in append ${at} of ${appends}, its chunk ${durable}, ${detail}`
          })
      )
    }
  }
})

/** Milliseconds for which a sender may be kept waiting for a "later". */
const patience = 2000

const defers = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { requests = [], ...supplied } = yield* subject.open
  const [first, second] = requests
  if (first === undefined || second === undefined) return yield* flaw("give two requests or more")
  const appended = Appended.make<E>()
  let isFull = false
  const fiber = yield* SourceSubject.start(supplied, appended, { isFull: () => isFull }, true)
  const began = yield* eventually(Effect.delay(first, "10 millis"))
  yield* demand(began, () => `a request was not acknowledged within ${Patience.inSeconds(Patience.brief)}`)
  const before = appended.appends
  isFull = true
  const answer = yield* Patience.within(second, patience)
  yield* demand(
    answer._tag === "Some",
    () => `a request had no answer for ${patience} ms while the outbox was full`
  )
  yield* demand(
    answer._tag === "Some" && !answer.value,
    () => "a request was acknowledged while the outbox was full"
  )
  yield* demand(appended.appends === before, () => "the source appended although the outbox was full")
  yield* SourceSubject.stop(fiber)
})
