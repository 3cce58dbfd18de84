/** The promise that no secret gets out, whatever a careless remote repeats of what it was sent. */
import { inspect } from "node:util"
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { check } from "../../Attempt.ts"
import type { Promised } from "../../Conformance.ts"
import type { Answer, Request } from "../../FaultyRemote.ts"
import { attempt } from "./attempt.ts"
import { consoleOutput } from "./consoleOutput.ts"
import { exporting } from "./exporting.ts"
import { demand, promised, until } from "./proof.ts"
import * as Secrets from "./secrets.ts"
import * as Stage from "./stage.ts"
import type { Subject } from "./subject.ts"

export const secretPromises = <E extends Event>(subject: Subject<E>): ReadonlyArray<Promised> =>
  subject.credentials === undefined
    ? []
    : [promised("shows no secret, even where the remote repeats it", hides(subject, subject.credentials))]

/**
 * All that a remote could repeat: the secrets that it found in the request, the words of it that hold some, bare, so that
 * nothing before them tells what they are, and the request as it came.
 */
const echo = (answer: Answer, request: Request, secrets: ReadonlyArray<string>): Answer => {
  const { body, headers, path } = request
  const plain = secrets.filter((secret) => Secrets.carries(request, Redacted.make(secret)))
  const found = [...plain, ...Secrets.wordsOf(secrets, [request])]
  return {
    ...answer,
    headers: { "content-type": "text/plain", ...answer.headers },
    body: `No to ${found.join(" and ")}: you sent ${path} with ${JSON.stringify(headers)} and ${body}`
  }
}

/** As it would be printed or kept. */
const shown = (value: unknown): string => {
  const text = inspect(value, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null })
  try {
    return `${text}\n${JSON.stringify(value)}`
  } catch {
    return text
  }
}

/** Until an answer has come and been thought about. Most of these exports would not end by themselves. */
const heard = <E extends Event>(stage: Stage.Stage<E>, before: number) =>
  Effect.andThen(
    until(() =>
      stage
        .deliveries()
        .slice(before)
        .some(({ state }) => state === "answered")
    ),
    Effect.sleep("20 millis")
  )

const hides = Effect.fnUntraced(function* <E extends Event>(
  subject: Subject<E>,
  credentials: readonly [unknown, unknown]
) {
  const stage = yield* Stage.open(subject)
  const secrets = () => [...Secrets.within(credentials), ...stage.tokens()]
  const { refused, throttled, tooLarge, unauthorized, unavailable } = subject.remote
  const answers = [
    refused,
    throttled,
    tooLarge,
    ...(unauthorized === false ? [] : unauthorized),
    ...unavailable
  ]
  const places: Array<readonly [string, string]> = []
  const look = (place: string, value: unknown) => {
    places.push([place, shown(value)])
  }
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  look("the destination", [stage.destination, stage.opened])
  const work = Effect.forEach(
    answers.filter((answer) => answer !== false),
    Effect.fnUntraced(function* (answer) {
      stage.rule((_, request) => ({ answer: echo(answer, request, secrets()) }))
      const { connection, exit } = yield* attempt(stage, yield* stage.events(1))
      look(`the outcome of an attempt answered ${answer.status}`, exit)
      look("a connection", connection)
      look(`a check answered ${answer.status}`, yield* Effect.exit(check(stage.opened, stage.lane)))
      const events = yield* stage.events(2)
      const before = stage.deliveries().length
      const story = yield* exporting(stage, events, ({ drain }) =>
        Effect.andThen(heard(stage, before), drain)
      )
      look(`an export answered ${answer.status}`, story)
    })
  )
  const said = yield* consoleOutput(Effect.provideService(work, Tracer.Tracer, tracer))
  look("the console", said)
  look(
    "a span",
    spans.map(({ attributes, name, status }) => [name, [...attributes], status])
  )
  const traces = Secrets.traces(
    secrets().map((secret) => Redacted.make(secret)),
    stage.remote.exchanges().map(({ request }) => request)
  )
  for (const [place, text] of places) {
    yield* demand(
      ![...traces].some((trace) => text.includes(trace)),
      () => `${place} shows a secret: mask what the remote says, and keep credentials redacted`
    )
  }
})
