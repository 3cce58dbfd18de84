/** Promises about one attempt of `deliver`. */
import type { Event } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Promised } from "../../Conformance.ts"
import type { Answer, Fault } from "../../FaultyRemote.ts"
import { transcript } from "./accounts.ts"
import { attempt, say, verdicts } from "./attempt.ts"
import { closes } from "./closing.ts"
import * as Material from "./material.ts"
import { demand, promised, until } from "./proof.ts"
import * as Stage from "./stage.ts"
import type { Spoken, Subject } from "./subject.ts"

export const attemptPromises = <E extends Event>(subject: Subject<E>): ReadonlyArray<Promised> => [
  promised("sends a batch in one request, once, whatever is answered", once(subject)),
  promised("has a verdict on each message of a batch and on no other", answers(subject)),
  ...(subject.remote.throttled === false
    ? []
    : [
        promised(
          "tells how long a throttled remote wants to wait, in seconds or until a date",
          waits(subject, subject.remote.throttled)
        )
      ]),
  promised("reads no more than the beginning of an answer without an end", stops(subject)),
  ...(subject.remote.each === undefined
    ? []
    : [
        promised(
          "reads to its end the answer to the largest request that its limits allow",
          readsAll(subject, subject.remote.each)
        )
      ]),
  promised("closes with its scope what it opened", closes(subject))
]

/** As many events as one request may hold, up to `most`. */
const some = <E extends Event>({ events, opened }: Stage.Stage<E>, most: number) =>
  events(Math.min(most, opened.limits.messages, opened.limits.events))

const once = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const stage = yield* Stage.open(subject)
  const faults: ReadonlyArray<Fault | undefined> = [
    undefined,
    ...subject.remote.unavailable.map((answer) => ({ kind: "answer", answer }) as const),
    { kind: "reset-before" },
    { kind: "reset-after" }
  ]
  for (const fault of faults) {
    const events = yield* some(stage, 3)
    const before = stage.deliveries().length
    stage.script(fault === undefined ? [] : [fault])
    yield* attempt(stage, events)
    const requests = stage.deliveries().slice(before)
    const held = requests.map(({ request }) => stage.held(request).length)
    yield* demand(
      held.length === 1 && held[0] === events.length,
      () =>
        `${events.length} messages were sent in ${held.length} requests of ${held.join(" and ")}${transcript(stage)}`
    )
  }
})

const answers = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const stage = yield* Stage.open(subject)
  const done = yield* attempt(stage, yield* some(stage, 3))
  const { batch, exit } = done
  const outcomes = yield* verdicts(done)
  const other = outcomes.find(({ _tag }) => _tag !== "Delivered")
  yield* demand(other === undefined, () => `${say(other)} for a message that was taken${transcript(stage)}`)
  yield* demand(
    outcomes.length === batch.ids.length,
    () => `${outcomes.length} verdicts on ${batch.ids.length} messages`
  )
  const strangers = Exit.isSuccess(exit) ? exit.value.strangers : []
  yield* demand(strangers.length === 0, () => `a verdict on ${strangers.length} messages that were not sent`)
})

/** What a date may be off: it has no fractions of a second. */
const tolerance = 3000
const minute = 60_000

const waits = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>, throttled: Answer) {
  const stage = yield* Stage.open(subject)
  const ask = Effect.fnUntraced(function* (form: string, value: string | undefined) {
    const headers = { ...throttled.headers, ...(value === undefined ? {} : { "retry-after": value }) }
    stage.script([{ kind: "answer", answer: { ...throttled, headers } }])
    const outcomes = yield* verdicts(yield* attempt(stage, yield* some(stage, 2)))
    const found = outcomes.map((outcome) => {
      if (outcome._tag !== "Retry") return undefined
      return outcome.after === undefined ? 0 : Duration.toMillis(outcome.after)
    })
    yield* demand(
      found.every((after) => after !== undefined),
      () => `throttled ${form}, the verdict is ${say(outcomes[0])}, not Retry${transcript(stage)}`
    )
    return found.map((after) => after ?? 0)
  })
  const asked = {
    "with seconds": () => "60",
    "with a date": () => new Date(Date.now() + minute).toUTCString()
  }
  for (const [form, value] of Object.entries(asked)) {
    const begun = Date.now()
    const found = yield* ask(form, value())
    // A date comes nearer while the answer is under way.
    const least = minute - tolerance - (Date.now() - begun)
    for (const after of found) {
      yield* demand(
        after >= least && after <= minute + tolerance,
        () => `throttled ${form} a minute ahead, the wait is ${after} ms`
      )
    }
  }
  yield* ask("without a wait", undefined)
  yield* ask("with a wait that makes no sense", "soon")
})

/** What buffers on the way may hold, and some. */
const beginning = 16 * 1024 * 1024

const stops = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const stage = yield* Stage.open(subject)
  stage.script([{ kind: "endless-body" }])
  const sent = () => stage.deliveries()[0]?.sent ?? 0
  yield* Effect.raceFirst(
    Effect.asVoid(attempt(stage, yield* some(stage, 1))),
    Effect.asVoid(until(() => sent() > beginning))
  )
  yield* demand(
    sent() <= beginning,
    () =>
      `it read ${Math.floor(sent() / 1024 / 1024)} MiB of an answer that has no end: stop after what is needed`
  )
})

/** More in one request than any remote is known to take. */
const mostMessages = 10_000

/** As many events as one request may hold, by their number and their bytes. */
const fullRequest = Effect.fnUntraced(function* <E extends Event>({ events, lane, opened }: Stage.Stage<E>) {
  const { limits } = opened
  const found = yield* events(Math.min(limits.messages, limits.events, mostMessages))
  const roomFor = { envelope: 64, separator: 4 }
  let bytes = roomFor.envelope
  const fitting: Array<E> = []
  for (const event of found) {
    bytes += Message.bytesOf(yield* Material.messageOf(opened, lane, event)).length + roomFor.separator
    if (fitting.length > 0 && bytes > limits.bytes) break
    fitting.push(event)
  }
  return fitting
})

const readsAll = Effect.fnUntraced(function* <E extends Event>(
  subject: Subject<E>,
  each: NonNullable<Spoken["each"]>
) {
  const stage = yield* Stage.open(subject)
  const events = yield* fullRequest(stage)
  const last = events.length - 1
  let size = 0
  stage.rule((held) => {
    const answer = each(
      held.map((event) => ({ id: stage.messageId(event), accepted: event !== events[last]!.id }))
    )
    size = Buffer.byteLength(answer.body ?? "")
    return { answer, takes: held.slice(0, last) }
  })
  const outcomes = yield* verdicts(yield* attempt(stage, events))
  const wrong = outcomes.findIndex(({ _tag }, index) =>
    index === last ? _tag !== "Rejected" && _tag !== "TooLarge" : _tag !== "Delivered"
  )
  yield* demand(
    wrong < 0,
    () =>
      `the answer to a full request of ${events.length} messages has ${size} bytes, and the verdict on message ${wrong + 1} is ${say(outcomes[wrong])}: read answers to their end, or lower the limits${transcript(stage)}`
  )
})
