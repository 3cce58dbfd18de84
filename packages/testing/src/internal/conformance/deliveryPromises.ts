/** Promises about an export to a remote that is up: what it takes, and what it refuses. */
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import type { Promised } from "../../Conformance.ts"
import type { Answer } from "../../FaultyRemote.ts"
import { settled, transcript } from "./accounts.ts"
import { attempt } from "./attempt.ts"
import { exported } from "./exporting.ts"
import { demand, promised } from "./proof.ts"
import * as Stage from "./stage.ts"
import type { Spoken, Subject } from "./subject.ts"

export const deliveryPromises = <E extends Event>(subject: Subject<E>): ReadonlyArray<Promised> => {
  const { each, refused, tooLarge } = subject.remote
  return [
    promised("delivers every event once, within the limits of a request", deliversAll(subject)),
    ...(refused === false
      ? []
      : [promised("gives up one event where a batch is refused for it", givesUpOne(subject, refused))]),
    ...(each === undefined
      ? []
      : [promised("believes the verdict on each message, and silence never", believes(subject, each))]),
    ...(tooLarge === false
      ? []
      : [promised("sends less where a batch is too large", sendsLess(subject, tooLarge))])
  ]
}

/** Enough for several requests, or for a fair share of a large one. */
const most = 250

const deliversAll = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const stage = yield* Stage.open(subject)
  const { limits } = stage.opened
  const events = yield* stage.events(Math.min(most, 2 * limits.messages + 1))
  yield* settled(stage, yield* exported(stage, events), events)
  for (const { abreast, request } of stage.deliveries()) {
    const held = stage.held(request).length
    yield* demand(
      held <= limits.events,
      () => `a request held ${held} events, ${limits.events} are allowed${transcript(stage)}`
    )
    yield* demand(
      abreast <= limits.concurrency,
      () => `${abreast} requests were under way at once, ${limits.concurrency} are allowed`
    )
  }
  yield* fits(stage)
})

/** What the plugin puts around a batch counts: a batch as large as its limit must fit the remote's. */
const fits = Effect.fnUntraced(function* <E extends Event>(stage: Stage.Stage<E>) {
  const { limits } = stage.opened
  const allowed = stage.subject.remote.requestBytes ?? limits.bytes
  const before = stage.deliveries().length
  const { batch } = yield* attempt(stage, yield* stage.events(1))
  const sent = stage.deliveries()[before]
  const around = Buffer.byteLength(sent?.request.body ?? "") - batch.body.length
  yield* demand(
    limits.bytes + around <= allowed,
    () =>
      `a batch of limits.bytes (${limits.bytes}) becomes a request of ${limits.bytes + around} bytes, ${allowed} are allowed: lower limits.bytes by what the request adds`
  )
})

const givesUpOne = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>, refused: Answer) {
  const stage = yield* Stage.open(subject)
  const events = yield* stage.events(7)
  const culprit = events[3]!.id
  stage.rule((held) => (held.includes(culprit) ? { answer: refused } : undefined))
  yield* settled(stage, yield* exported(stage, events), events, { dead: new Map([[culprit, undefined]]) })
})

const believes = Effect.fnUntraced(function* <E extends Event>(
  subject: Subject<E>,
  each: NonNullable<Spoken["each"]>
) {
  const stage = yield* Stage.open(subject)
  const judge = (held: ReadonlyArray<string>, refused: string | undefined) =>
    each(held.map((event) => ({ id: stage.messageId(event), accepted: event !== refused })))

  const events = yield* stage.events(5)
  const culprit = events[2]!.id
  stage.rule((held) => ({
    answer: judge(held, culprit),
    takes: held.filter((event) => event !== culprit)
  }))
  yield* settled(stage, yield* exported(stage, events), events, { dead: new Map([[culprit, undefined]]) })

  if (!subject.remote.namesOnlyRefused) {
    const others = yield* stage.events(5)
    const unnamed = others[2]!.id
    let silent = true
    stage.rule((held) => {
      if (!silent || !held.includes(unnamed)) return undefined
      silent = false
      const named = held.filter((event) => event !== unnamed)
      return { answer: judge(named, undefined), takes: named }
    })
    yield* settled(stage, yield* exported(stage, others), others)
  }

  const last = yield* stage.events(2)
  const page = { ...subject.remote.accepted([]), headers: { "content-type": "text/html" }, body: "<html>" }
  stage.rule(() => undefined)
  stage.script([1, 2, 3].map(() => ({ kind: "answer", answer: page })))
  yield* settled(stage, yield* exported(stage, last), last)
})

const sendsLess = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>, tooLarge: Answer) {
  const stage = yield* Stage.open(subject)
  const events = yield* stage.events(7)
  const culprit = events[3]!.id
  stage.rule((held) => (held.length > 2 || held.includes(culprit) ? { answer: tooLarge } : undefined))
  const dead = new Map([[culprit, "too-large"]])
  yield* settled(stage, yield* exported(stage, events), events, { dead })
})
