/** Promises about an export to a remote in trouble: nothing is lost, and nothing doubled that need not be. */
import type { Event } from "@millrace/core/Event"
import type { Running } from "@millrace/core/Running"
import * as Effect from "effect/Effect"
import type { Promised } from "../../Conformance.ts"
import type { Fault } from "../../FaultyRemote.ts"
import { type Expected, settled, transcript } from "./accounts.ts"
import { exported, exporting, type Story, waiting } from "./exporting.ts"
import { demand, eventually, promised, until } from "./proof.ts"
import * as Stage from "./stage.ts"
import type { Subject } from "./subject.ts"

export const troublePromises = <E extends Event>(subject: Subject<E>): ReadonlyArray<Promised> => {
  const { throttled, unavailable } = subject.remote
  const pauses =
    throttled === false ? [] : [{ ...throttled, headers: { ...throttled.headers, "retry-after": "0" } }]
  const survives = (promise: string, ...spells: ReadonlyArray<Spell>) =>
    promised(
      promise,
      Effect.flatMap(Stage.open(subject), (stage) => comeThrough(stage, spells))
    )
  return [
    survives(
      "tries again while the remote is unavailable or throttles",
      ...[...unavailable, ...pauses].map((answer) => spell({ kind: "answer", answer }))
    ),
    survives(
      "tries again when the connection breaks before an answer",
      spell({ kind: "reset-before" }),
      spell({ kind: "reset-after" }, { mayRepeat: true })
    ),
    survives(
      "tries again when the connection breaks within an answer",
      spell({ kind: "cut-answer" }, { mayRepeat: true })
    ),
    survives("tries again when the answer is no HTTP", spell({ kind: "nonsense" })),
    promised("takes no redirect for a delivery", ignoresRedirects(subject)),
    survives("waits for a late answer", { faults: [{ kind: "slow-answer", wait: patience }] }),
    survives("waits for an answer that comes slowly", { faults: [{ kind: "slow-body", wait: patience }] }),
    promised("lets go of a request that hangs or is answered too late", letsGo(subject))
  ]
}

interface Spell extends Expected {
  readonly faults: ReadonlyArray<Fault>
}

/** Three in a row: were the fault taken for a refusal, the batch of two would be halved and an event given up. */
const spell = (fault: Fault, expected: Expected = {}): Spell => ({
  ...expected,
  faults: [fault, fault, fault]
})

/** How long a remote may take, which every plugin must have patience for. */
const patience = "300 millis"

const comeThrough = <E extends Event>(stage: Stage.Stage<E>, spells: ReadonlyArray<Spell>) =>
  Effect.forEach(
    spells,
    Effect.fnUntraced(function* ({ faults, ...expected }) {
      const events = yield* stage.events(2)
      stage.script(faults)
      const story = yield* exported(stage, events)
      yield* settled(stage, story, events, expected)
      yield* noThrow(stage, story)
    })
  )

/** The engine takes a throw for a retry and logs it as a defect of the plugin. */
const noThrow = <E extends Event>(stage: Stage.Stage<E>, { logs }: Story) => {
  const defect = logs.find((line) => line.includes("the plugin threw while delivering"))
  return demand(
    defect === undefined,
    () => `deliver threw, where it is to fail with a DeliveryError${transcript(stage)}`
  )
}

const elsewhere = "/millrace-conformance-elsewhere"

const ignoresRedirects = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const stage = yield* Stage.open(subject)
  const { otherwise } = subject.remote
  // A page that says yes to all and takes nothing, as the login page of a proxy does.
  stage.rule((_, request) =>
    request.path.startsWith(elsewhere) ? { answer: { ...otherwise(request), status: 200 } } : undefined
  )
  const location = { headers: { location: elsewhere } }
  yield* comeThrough(
    stage,
    [302, 307].map((status) => spell({ kind: "answer", answer: { status, ...location } }))
  )
})

const shortAttempt = "300 millis"
/** So much later that a process which had to wait does not find both times come at once. */
const tooLate = "10 seconds"

const letsGo = <E extends Event>(subject: Subject<E>) =>
  Effect.forEach(
    [{ kind: "hang" }, { kind: "slow-answer", wait: tooLate }] as const,
    (fault) => Effect.flatMap(Stage.open(subject), (stage) => givesUp(stage, fault)),
    { concurrency: 2 }
  )

const givesUp = Effect.fnUntraced(function* <E extends Event>(stage: Stage.Stage<E>, fault: Fault) {
  const events = yield* stage.events(2)
  stage.script([fault])
  const first = () => stage.deliveries()[0]
  // Looked at while the lane is open: with its connection everything would be closed.
  const watching = Effect.fnUntraced(function* (running: Running) {
    yield* until(() => (first()?.state ?? "open") !== "open")
    yield* demand(
      first()?.state === "given-up",
      () =>
        `a request that was given up is still open on the wire: close it, or hand on the signal${transcript(stage)}`
    )
    yield* eventually(Effect.map(waiting(running), (left) => left === 0))
    yield* running.drain
  })
  const policy = { attemptTimeout: shortAttempt } as const
  const story = yield* exporting(stage, events, watching, { policy, follow: true })
  yield* settled(stage, story, events, { mayRepeat: "often" })
})
