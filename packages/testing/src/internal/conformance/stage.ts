/** A remote on stage: it knows which events a request holds, takes or refuses them by a rule, and keeps account. */
import type { Destination, Opened } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Answer, Exchange, FaultyRemote, Request } from "../../FaultyRemote.ts"
import * as Remote from "../../FaultyRemote.ts"
import * as Material from "./material.ts"
import { Flaw } from "./proof.ts"
import * as Secrets from "./secrets.ts"
import type { Given, Subject } from "./subject.ts"

/** What the remote says to a request that is not simply taken, and the ids of events that it takes all the same. */
export interface Ruling {
  readonly answer: Answer
  readonly takes?: ReadonlyArray<string>
}

/** `held` are ids of events, in the order in which the request holds them; none for a probe. */
export type Rule = (held: ReadonlyArray<string>, request: Request) => Ruling | undefined

export interface Stage<E extends Event> {
  readonly subject: Subject<E>
  readonly remote: FaultyRemote
  readonly destination: Destination<E>
  readonly opened: Opened<E>
  readonly lane: string
  /** Events of the lane that the remote knows from now on, with ids not used before. */
  readonly events: (count: number) => Effect.Effect<ReadonlyArray<E>, Flaw>
  readonly messageId: (event: string) => string
  /** From now on; at first everything is taken. Tokens are handed out all the same, unless the rule is for them, too. */
  readonly rule: (rule: Rule, options?: { readonly forTokens: boolean }) => void
  /** The tokens that were handed out. */
  readonly tokens: () => ReadonlyArray<string>
  /** Whether a request carries the credentials, or a token that was handed out for them. */
  readonly carries: (request: Request, credentials: unknown) => boolean
  /** The faults of the next requests that hold events. */
  readonly script: FaultyRemote["script"]
  /** The faults of the next requests, whatever they hold. */
  readonly disturb: FaultyRemote["script"]
  readonly held: (request: Request) => ReadonlyArray<string>
  /** How often each event was taken. */
  readonly taken: ReadonlyMap<string, number>
  /** The requests that held events. */
  readonly deliveries: () => ReadonlyArray<Exchange>
}

interface Known {
  readonly mark: string
  readonly message: string
}

export const open = Effect.fnUntraced(function* <E extends Event>(
  subject: Subject<E>,
  given?: Given
): Effect.fn.Return<Stage<E>, unknown, Scope.Scope> {
  const known = new Map<string, Known>()
  const marks = new Set<string>()
  const taken = new Map<string, number>()
  const handedOut: Array<{ readonly token: string; readonly to: Request }> = []
  let rule: Rule = () => undefined
  let isForTokens = false
  let next = 0

  const byMessage = (ids: ReadonlyArray<string>) =>
    ids.flatMap((id) => [...known].filter(([, { message }]) => message === id).map(([event]) => event))

  const byMark = ({ body, path }: Request) => {
    const text = `${body}\n${path}`
    // They mostly stand in the order in which they were made.
    let last = 0
    const find = (mark: string) => {
      const ahead = text.indexOf(mark, last)
      const at = ahead >= 0 ? ahead : text.indexOf(mark)
      last = Math.max(0, at)
      return at
    }
    return [...known]
      .map(([event, { mark }]) => ({ event, at: find(mark) }))
      .filter(({ at }) => at >= 0)
      .sort((left, right) => left.at - right.at)
      .map(({ event }) => event)
  }

  // What a request holds is known before it is sent, and asked for many times.
  const asked = new WeakMap<Request, ReadonlyArray<string>>()
  const held = (request: Request): ReadonlyArray<string> => {
    const before = asked.get(request)
    if (before !== undefined) return before
    const ids = subject.remote.ids?.(request)
    const events = ids === undefined ? byMark(request) : byMessage(ids)
    asked.set(request, events)
    return events
  }

  const handOut = (request: Request): Answer | undefined => {
    const token = `a-token-of-the-suite-${String(handedOut.length).padStart(6, "0")}`
    const answer = subject.remote.token?.(request, token)
    if (answer === undefined) return undefined
    const ruling = isForTokens ? rule([], request) : undefined
    if (ruling !== undefined) return ruling.answer
    handedOut.push({ token, to: request })
    return answer
  }

  const answer = (request: Request): Answer => {
    const token = handOut(request)
    if (token !== undefined) return token
    const events = held(request)
    const ruling = rule(events, request)
    for (const event of ruling === undefined ? events : (ruling.takes ?? [])) {
      taken.set(event, (taken.get(event) ?? 0) + 1)
    }
    if (ruling !== undefined) return ruling.answer
    return events.length === 0
      ? subject.remote.otherwise(request)
      : subject.remote.accepted(events.map(messageId))
  }

  const messageId = (event: string) => known.get(event)?.message ?? event

  let isForAll = false
  const meetsFaults = (request: Request) => isForAll || held(request).length > 0
  const remote = yield* Remote.start({ answer, meetsFaults })
  const scripting =
    (forAll: boolean): FaultyRemote["script"] =>
    (faults) => {
      isForAll = forAll
      remote.script(faults)
    }
  const destination = yield* subject.make(remote.origin, given)
  const strange = subject.samples.find((sample) => !destination.accepts.valid(sample))
  if (strange !== undefined) {
    const why = destination.accepts.explain(strange) ?? "it does not fit"
    return yield* new Flaw({ detail: `a sample event of type ${strange.type} is not valid: ${why}` })
  }
  const opened = yield* destination.open
  const lane = yield* Material.mainLane(opened, subject.samples)
  const isOfLane = (event: E) => {
    const assignment = opened.assign(event)
    return assignment._tag === "To" && assignment.lane === lane
  }

  const events = Effect.fnUntraced(function* (count: number) {
    const found: Array<E> = []
    // Samples of other lanes are passed over; a lane that is chosen by the id takes its share.
    for (let tries = 0; found.length < count && tries < 100 * count; tries++) {
      const event = Material.renew(subject.samples[tries % subject.samples.length]!, next++)
      if (isOfLane(event)) found.push(event)
    }
    for (const event of found) {
      const message = yield* Material.messageOf(opened, lane, event)
      const mark = Material.markOf(event, message)
      if (marks.size === marks.add(mark).size) {
        return yield* new Flaw({
          detail: "two messages cannot be told apart: let each hold its id, or tell the suite by `remote.ids`"
        })
      }
      known.set(event.id, { mark, message: message.id })
    }
    return found
  })

  return {
    subject,
    remote,
    destination,
    opened,
    lane,
    events,
    messageId,
    rule: (other, { forTokens } = { forTokens: false }) => {
      rule = other
      isForTokens = forTokens
    },
    tokens: () => handedOut.map(({ token }) => token),
    carries: (request, credentials) =>
      subject.remote.carries(request, credentials) ||
      handedOut.some(
        ({ token, to }) =>
          Secrets.carries(request, Redacted.make(token)) && subject.remote.carries(to, credentials)
      ),
    script: scripting(false),
    disturb: scripting(true),
    held,
    taken,
    deliveries: () => remote.exchanges().filter(({ request }) => held(request).length > 0)
  }
})
