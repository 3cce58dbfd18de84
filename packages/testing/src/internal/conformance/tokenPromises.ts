/** The promise about tokens that a remote hands out and that run out. */
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Promised } from "../../Conformance.ts"
import type { Answer, Request } from "../../FaultyRemote.ts"
import { settled, transcript } from "./accounts.ts"
import { exporting } from "./exporting.ts"
import { demand, promised, until } from "./proof.ts"
import * as Secrets from "./secrets.ts"
import * as Stage from "./stage.ts"
import type { Subject } from "./subject.ts"

export const tokenPromises = <E extends Event>(subject: Subject<E>): ReadonlyArray<Promised> => {
  const { token, unauthorized } = subject.remote
  const [answer] = unauthorized || []
  return token === undefined || answer === undefined
    ? []
    : [promised("goes on with a new token when one has run out", renews(subject, answer))]
}

const renews = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>, answer: Answer) {
  const stage = yield* Stage.open(subject)
  const first = yield* stage.events(2)
  const second = yield* stage.events(2)
  const hasOneOf = (request: Request, tokens: ReadonlyArray<string>) =>
    tokens.some((token) => Secrets.carries(request, Redacted.make(token)))
  let spent: ReadonlyArray<string> = []
  stage.rule((_, request) => (hasOneOf(request, spent) ? { answer } : undefined))
  const runOut = Effect.gen(function* () {
    yield* until(() => first.every(({ id }) => stage.taken.has(id)))
    spent = stage.tokens()
  })
  const story = yield* exporting(stage, first, () => Effect.void, {
    later: { events: second, after: runOut }
  })
  yield* demand(
    stage.deliveries().every(({ request }) => hasOneOf(request, stage.tokens())),
    () => `a request does not carry a token that was handed out${transcript(stage)}`
  )
  yield* settled(stage, story, [...first, ...second])
})
