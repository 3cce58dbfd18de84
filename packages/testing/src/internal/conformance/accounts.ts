/** What must hold when an export has ended: every event has one end, and the remote knows of it. */
import type { Event } from "@millrace/core/Event"
import * as Ledger from "@millrace/core/Ledger"
import type { DeadLetter } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import type { Exchange } from "../../FaultyRemote.ts"
import { routeLedger, type Story } from "./exporting.ts"
import { demand, type Flaw } from "./proof.ts"
import type { Stage } from "./stage.ts"

export interface Expected {
  /** Ids of the events that must end as dead letters, with the reason where it is fixed. */
  readonly dead?: ReadonlyMap<string, string | undefined>
  /**
   * Whether an event may be taken once more for each request whose answer did not arrive as a whole; or any number of times,
   * where an attempt is so short that on a slow machine an answer comes too late for it.
   */
  readonly mayRepeat?: boolean | "often"
}

export const isKebab = (text: string): boolean => /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text)

/** What the remote saw, for whoever has to find out why. */
export const transcript = <E extends Event>(stage: Stage<E>): string => {
  const exchanges = stage.remote.exchanges()
  const lines = exchanges.slice(-12).map((exchange) => {
    const { fault, request, state } = exchange
    const path = request.path.split("?", 1)[0]
    const kind = fault === undefined ? "" : `, fault ${fault.kind}`
    const answer = fault?.kind === "answer" ? fault.answer : exchange.answer
    const status = answer === undefined ? "" : `, answer ${answer.status}`
    return `  ${request.method} ${path}: ${stage.held(request).length} events${kind}${status}, ${state}`
  })
  return `\nThe remote saw ${exchanges.length} requests:\n${lines.join("\n")}`
}

export const settled = Effect.fnUntraced(function* <E extends Event>(
  stage: Stage<E>,
  story: Story,
  events: ReadonlyArray<E>,
  { dead = new Map(), mayRepeat = false }: Expected = {}
): Effect.fn.Return<void, Flaw> {
  const say = (text: string) => () => `${text}${transcript(stage)}`
  const { ledger, lanes, letters } = story
  const counts = routeLedger(ledger)
  const trouble = lanes.map(({ trouble }) => trouble).find((text) => text !== "")
  yield* demand(
    Ledger.imbalance(ledger).length === 0,
    say(`the ledger does not balance: ${JSON.stringify(ledger)}`)
  )
  const waiting = total(counts?.waiting)
  yield* demand(
    waiting === 0,
    say(`${waiting} of ${events.length} events still wait: ${trouble ?? "no trouble is told"}`)
  )
  yield* deadAsExpected(letters, dead, say)
  const delivered = total(counts?.delivered)
  yield* demand(
    delivered === events.length - dead.size,
    say(`${delivered} of ${events.length} events count as delivered, and ${dead.size} should not`)
  )
  for (const { id, type } of events) {
    const times = stage.taken.get(id) ?? 0
    if (dead.has(id)) continue
    yield* demand(
      times > 0,
      say(`an event (${type}) is lost: it counts as delivered, and the remote did not take it`)
    )
    const most = mayRepeat === "often" ? Infinity : 1 + (mayRepeat ? unanswered(stage, id).length : 0)
    yield* demand(times <= most, say(`an event (${type}) was taken ${times} times, ${most} are explained`))
  }
})

const total = (counts: Ledger.Counts = {}): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

const deadAsExpected = Effect.fnUntraced(function* (
  letters: ReadonlyArray<DeadLetter>,
  dead: ReadonlyMap<string, string | undefined>,
  say: (text: string) => () => string
) {
  const found = new Map(letters.map((letter) => [idOf(letter), letter]))
  for (const [id, { detail, reason }] of found) {
    yield* demand(dead.has(id), say(`an event became a dead letter (${reason}: ${detail})`))
    yield* demand(isKebab(reason), say(`"${reason}" is no kebab-case name`))
    const wanted = dead.get(id)
    yield* demand(
      wanted === undefined || wanted === reason,
      say(`a dead letter says ${reason}, not ${wanted}`)
    )
  }
  for (const id of dead.keys()) {
    yield* demand(found.has(id), say("an event that the remote refused did not become a dead letter"))
  }
})

/** Source.fromArray hands over no bytes, so that a record is the JSON of its event. */
const idOf = ({ record }: DeadLetter): string => JSON.parse(new TextDecoder().decode(record)).id

/** Requests with the event that the remote acted on and whose answer did not arrive as a whole. */
const unanswered = <E extends Event>(stage: Stage<E>, id: string): ReadonlyArray<Exchange> =>
  stage
    .deliveries()
    .filter(
      ({ answer, request, state }) =>
        answer !== undefined && state !== "answered" && stage.held(request).includes(id)
    )
