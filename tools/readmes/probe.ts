/** What a destination makes of every answer it may get, asked of the destination itself over a real connection. */
import { STATUS_CODES } from "node:http"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Connection, Destination, Opened } from "../../packages/core/src/Destination.ts"
import * as Message from "../../packages/core/src/Message.ts"
import type { Outcome } from "../../packages/core/src/Outcome.ts"
import type { Plugin } from "../../packages/core/src/Plugin.ts"
import * as FaultyRemote from "../../packages/testing/src/FaultyRemote.ts"
import type { Subject } from "./subjects.ts"

/** What follows from an answer, apart from its wording. */
export interface Verdict {
  readonly kind: Outcome["_tag"]
  readonly reason?: string | undefined
  readonly isOfAllLanes: boolean
  /** The least wait when the remote names none. */
  readonly pauseSeconds: number | undefined
  readonly heedsRetryAfter: boolean
}

export interface Findings {
  readonly statuses: ReadonlyMap<number, Verdict>
  /** A 2xx whose body does not say that the request was taken. */
  readonly otherBody: Verdict
  /** The same statuses with a web page. */
  readonly pages: ReadonlyMap<number, Verdict>
  readonly others: ReadonlyArray<readonly [name: string, verdict: Verdict]>
  readonly broken: ReadonlyMap<string, Verdict>
}

/** All that Node knows; those without a body cannot say anything in it. */
const statuses = Object.keys(STATUS_CODES)
  .map(Number)
  .filter((status) => status >= 200 && status !== 204 && status !== 205)

const faults = [
  ["a broken connection", { kind: "reset-before" }],
  ["half an answer", { kind: "cut-answer" }],
  ["no HTTP", { kind: "nonsense" }]
] as const

const page = { headers: { "content-type": "text/html" }, body: "<html></html>" }
const askedSeconds = 7

/** Asks. Nothing leaves this machine. */
export const probe = Effect.fnUntraced(function* (
  plugin: Plugin<unknown, unknown, Destination>,
  subject: Subject
): Effect.fn.Return<Findings, unknown> {
  const { closed, ...findings } = yield* Effect.scoped(listening(plugin, subject))
  const refused = yield* Effect.scoped(
    Effect.flatMap(connect(plugin, subject, closed), ({ batch, connection }) => deliver(connection, batch))
  )
  const broken = new Map([["no connection", toVerdict(refused, refused)], ...findings.broken])
  return { ...findings, broken }
})

const listening = Effect.fnUntraced(function* (
  plugin: Plugin<unknown, unknown, Destination>,
  subject: Subject
) {
  const { others = [], taken } = subject
  const remote = yield* FaultyRemote.start({ answer: () => ({ status: 200, body: taken?.body ?? "{}" }) })
  const { batch, connection } = yield* connect(plugin, subject, remote.origin)
  const meet = (fault: FaultyRemote.Fault) =>
    Effect.suspend(() => {
      remote.script([fault])
      return deliver(connection, batch)
    })
  const ask = Effect.fnUntraced(function* (answer: FaultyRemote.Answer) {
    const headers = { ...answer.headers, "retry-after": String(askedSeconds) }
    const bare = yield* meet({ kind: "answer", answer })
    return toVerdict(bare, yield* meet({ kind: "answer", answer: { ...answer, headers } }))
  })
  const askEach = (answer: Omit<FaultyRemote.Answer, "status">) =>
    Effect.map(
      Effect.forEach(statuses, (status) =>
        Effect.map(ask({ ...answer, status }), (verdict) => [status, verdict] as const)
      ),
      (verdicts) => new Map(verdicts)
    )
  return {
    closed: remote.origin,
    statuses: yield* askEach(taken === undefined ? {} : { body: taken.body }),
    otherBody: yield* ask({ status: 200, body: '{"nothing":"known"}' }),
    pages: yield* askEach(page),
    others: yield* Effect.forEach(
      others.flatMap(({ answers, name }) => answers.map((answer) => ({ answer, name }))),
      ({ answer, name }) => Effect.map(ask(answer), (verdict) => [name, verdict] as const)
    ),
    broken: new Map<string, Verdict>(
      yield* Effect.forEach(faults, ([name, fault]) =>
        Effect.map(meet(fault), (outcome) => [name, toVerdict(outcome, outcome)] as const)
      )
    )
  }
})

const connect = Effect.fnUntraced(function* (
  plugin: Plugin<unknown, unknown, Destination>,
  { credentials, event, settings }: Subject,
  origin: string
) {
  const options = { settings: settings(origin), credentials: Effect.succeed(credentials) }
  const destination = yield* Effect.fromResult(plugin.fromUnknown(options))
  const opened = yield* destination.open
  const assignment = opened.assign(event)
  if (assignment._tag === "Skip") {
    return yield* Effect.die(new Error(`the event is skipped: ${assignment.reason}`))
  }
  const connection = yield* opened.connect(assignment.lane)
  return { connection, batch: batchOf(opened, connection, assignment.lane, event) }
})

const batchOf = (
  opened: Opened,
  { envelope }: Connection,
  lane: string,
  event: Subject["event"]
): Message.Batch => Message.batch(lane, [Result.getOrThrow(opened.prepare([event], lane))], envelope)

const deliver = (connection: Connection, batch: Message.Batch): Effect.Effect<Outcome> =>
  Effect.match(connection.deliver(batch), {
    onSuccess: ({ values }) => values[0]!,
    onFailure: ({ outcome }) => outcome
  })

const toVerdict = (outcome: Outcome, whenAskedToWait: Outcome): Verdict => ({
  kind: outcome._tag,
  ...("reason" in outcome ? { reason: outcome.reason } : {}),
  isOfAllLanes: outcome._tag === "Retry" && outcome.scope === "destination",
  pauseSeconds: waitOf(outcome),
  heedsRetryAfter: whenAskedToWait._tag === outcome._tag && waitOf(whenAskedToWait) === askedSeconds
})

const waitOf = (outcome: Outcome): number | undefined =>
  outcome._tag === "Retry" && outcome.after !== undefined
    ? Duration.toSeconds(Duration.fromInputUnsafe(outcome.after))
    : undefined
