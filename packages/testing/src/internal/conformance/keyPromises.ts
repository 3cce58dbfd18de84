/** Promises about credentials that are refused and replaced. */
import type { Event } from "@millrace/core/Event"
import type { Running } from "@millrace/core/Running"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { check } from "../../Attempt.ts"
import type { Promised } from "../../Conformance.ts"
import type { Answer } from "../../FaultyRemote.ts"
import { settled, transcript } from "./accounts.ts"
import { say } from "./attempt.ts"
import { exporting, waiting } from "./exporting.ts"
import { demand, eventually, promised } from "./proof.ts"
import * as Stage from "./stage.ts"
import type { Subject } from "./subject.ts"

export const keyPromises = <E extends Event>(subject: Subject<E>): ReadonlyArray<Promised> => {
  const { credentials, remote } = subject
  const reach = promised("checks whether the remote can be reached", checksReach(subject))
  if (credentials === undefined || remote.unauthorized === false) return [reach]
  const { unauthorized } = remote
  return [
    reach,
    promised(
      "checks its key without sending an event",
      Effect.forEach(unauthorized, (answer) => checksKey(subject, credentials, answer))
    ),
    promised(
      "keeps events while its key is refused, and sends them with a new one",
      Effect.forEach(unauthorized, (answer) => outlasts(subject, credentials, answer))
    )
  ]
}

type Both = readonly [unknown, unknown]

/** Takes the second key only. */
const rotate = <E extends Event>(stage: Stage.Stage<E>, [, second]: Both, answer: Answer) =>
  stage.rule((_, request) => (stage.carries(request, second) ? undefined : { answer }), { forTokens: true })

const outlasts = Effect.fnUntraced(function* <E extends Event>(
  subject: Subject<E>,
  both: Both,
  answer: Answer
) {
  const changed = yield* Latch.make(false)
  let current = both[0]
  const stage = yield* Stage.open(subject, {
    credentials: Effect.sync(() => current),
    changed: changed.await
  })
  const events = yield* stage.events(3)
  rotate(stage, both, answer)
  const story = yield* exporting(
    stage,
    events,
    Effect.fnUntraced(function* (running) {
      yield* closes(stage, running, events.length)
      const carried = stage.deliveries().every(({ request }) => stage.carries(request, both[0]))
      yield* demand(
        carried,
        () =>
          `a request does not show the credentials that were given: send them, or tell the suite by \`remote.carries\`${transcript(stage)}`
      )
      current = both[1]
      yield* changed.release
      yield* eventually(Effect.map(waiting(running), (left) => left === 0))
      yield* running.drain
    }),
    { follow: true }
  )
  yield* settled(stage, story, events)
})

const closes = Effect.fnUntraced(function* <E extends Event>(
  stage: Stage.Stage<E>,
  running: Running,
  events: number
) {
  const closed = yield* eventually(
    Effect.map(running.lanes, (lanes) => lanes.some(({ gate, lane }) => lane === stage.lane && !gate.open))
  )
  yield* demand(closed, () => `refused credentials do not close the lane${transcript(stage)}`)
  const left = yield* waiting(running)
  yield* demand(
    left === events,
    () => `${left} of ${events} events wait while the credentials are refused${transcript(stage)}`
  )
})

const checksReach = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const stage = yield* Stage.open(subject)
  const well = yield* Effect.result(check(stage.opened, stage.lane))
  yield* demand(
    well._tag === "Success",
    () =>
      `check fails although all is well: ${well._tag === "Failure" ? say(well.failure.outcome) : ""}${transcript(stage)}`
  )
  stage.disturb([{ kind: "reset-before" }, { kind: "reset-before" }])
  const broken = yield* Effect.result(check(stage.opened, stage.lane))
  yield* demand(
    broken._tag === "Failure",
    () => `check passes although the connection was reset${transcript(stage)}`
  )
})

const checksKey = Effect.fnUntraced(function* <E extends Event>(
  subject: Subject<E>,
  both: Both,
  answer: Answer
) {
  for (const [at, credentials] of both.entries()) {
    const stage = yield* Stage.open(subject, { credentials: Effect.succeed(credentials) })
    rotate(stage, both, answer)
    const result = yield* Effect.result(check(stage.opened, stage.lane))
    const found = result._tag === "Success" ? "passes" : `fails with ${say(result.failure.outcome)}`
    const isRight =
      at === 1
        ? result._tag === "Success"
        : result._tag === "Failure" && result.failure.outcome._tag === "Unauthorized"
    yield* demand(
      isRight,
      () => `check ${found} with ${at === 1 ? "valid" : "refused"} credentials${transcript(stage)}`
    )
  }
})
