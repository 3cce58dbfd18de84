/** Promises about `assign` and `prepare`: pure functions that end well for every valid event. */
import type { Assignment, Opened } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Promised } from "../../Conformance.ts"
import { isKebab } from "./accounts.ts"
import { atAnotherTime } from "./atAnotherTime.ts"
import * as Material from "./material.ts"
import { demand, Flaw, flaw, promised } from "./proof.ts"
import * as Stage from "./stage.ts"
import type { Subject } from "./subject.ts"
import { variants } from "./variants.ts"

export const purePromises = <E extends Event>(subject: Subject<E>): ReadonlyArray<Promised> => [
  promised("assigns every event to a lane it has, or skips it for a declared reason", assigns(subject)),
  promised(
    "makes the same message of the same event, whenever and as often as it is asked",
    repeats(subject)
  ),
  promised("gives the messages of different events different ids", distinct(subject)),
  promised("makes a message of every valid event or rejects it, and throws for none", total(subject))
]

const assigns = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const { opened } = yield* Stage.open(subject)
  const names = opened.lanes.map(({ name }) => name)
  yield* demand(new Set(names).size === names.length, () => `two lanes have one name: ${names.join(", ")}`)
  yield* keepable(opened)
  for (const sample of subject.samples) {
    const assignment = opened.assign(sample)
    if (assignment._tag === "Skip") {
      yield* demand(isKebab(assignment.reason), () => `"${assignment.reason}" is no kebab-case name`)
    } else {
      yield* demand(
        names.includes(assignment.lane),
        () => `${sample.type} is assigned to ${assignment.lane}, but the lanes are ${names.join(", ")}`
      )
    }
  }
})

const keepable = Effect.fnUntraced(function* <E extends Event>({ limits }: Opened<E>) {
  const { window, ...counts } = limits
  for (const [name, limit] of Object.entries(counts)) {
    yield* demand(
      Number.isInteger(limit) && limit > 0,
      () => `limits.${name} is ${limit}: give a whole number`
    )
  }
  yield* demand(
    limits.messageBytes <= limits.bytes && limits.messageEvents <= limits.events,
    () => "one message may be larger than a whole request: lower limits.messageBytes or messageEvents"
  )
  const wait = Duration.fromInput(window)
  yield* demand(
    wait._tag === "Some" && Duration.isFinite(wait.value),
    () => "limits.window is no finite time"
  )
})

interface Made {
  readonly assignment: Assignment
  readonly message:
    | { readonly id: string; readonly text: string; readonly meta: unknown }
    | { readonly reason: string }
    | undefined
}

const made = <E extends Event>(opened: Opened<E>, event: E): Made => {
  const assignment = opened.assign(event)
  if (assignment._tag === "Skip") return { assignment, message: undefined }
  const message = Result.match(opened.prepare([event], assignment.lane), {
    onFailure: ({ reason }) => ({ reason }),
    // As it is after it has crossed from one thread to another: what is no plain data throws here.
    onSuccess: (message) => ({
      id: message.id,
      text: Material.textOf(message),
      meta: structuredClone(message.meta)
    })
  })
  return { assignment, message }
}

const repeats = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const stage = yield* Stage.open(subject)
  const again = yield* stage.destination.open
  const events = [...(yield* stage.events(3)), ...subject.samples].map((event) =>
    frozen(structuredClone(event))
  )
  const results = (opened: Opened<E>) =>
    Effect.try({
      try: () => events.map((event) => made(opened, event)),
      catch: (cause) =>
        new Flaw({
          detail: `threw for an event that may not be changed: ${cause instanceof Error ? cause.message : cause}`
        })
    })
  const first = yield* results(stage.opened)
  const others = {
    "a second time": yield* results(stage.opened),
    "at another time, with other random numbers": yield* atAnotherTime(results(stage.opened)),
    "when the destination is opened again": yield* results(again)
  }
  for (const [when, other] of Object.entries(others)) {
    const at = first.findIndex((one, index) => JSON.stringify(one) !== JSON.stringify(other[index]))
    yield* demand(
      at < 0,
      () => `${when}, ${events[at]!.type} becomes something else: ${difference(first[at]!, other[at]!)}`
    )
  }
})

const difference = (one: Made, other: Made): string => {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)]
  const from = Math.max(0, [...left].findIndex((letter, index) => letter !== right[index]) - 20)
  return `${left.slice(from, from + 80)} and then ${right.slice(from, from + 80)}`
}

const frozen = <A>(value: A): A => {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}

const distinct = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const { events, lane, opened } = yield* Stage.open(subject)
  const messages = yield* Effect.forEach(yield* events(20), (event) =>
    Material.messageOf(opened, lane, event)
  )
  const ids = messages.map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  yield* demand(twice === undefined, () => `two events became messages with the id "${twice}"`)
  yield* demand(!ids.includes(""), () => "a message has an empty id")
})

const total = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const { destination, opened } = yield* Stage.open(subject)
  for (const sample of subject.samples) {
    for (const { event, change } of variants(sample)) {
      if (!destination.accepts.valid(event)) continue
      const result = Result.try(() => made(opened, event))
      if (Result.isFailure(result)) {
        const cause = result.failure
        return yield* flaw(
          `${sample.type} ${change}: threw ${cause instanceof Error ? cause.message : cause}`
        )
      }
      const { message } = result.success
      if (message === undefined) continue
      if ("reason" in message) {
        yield* demand(isKebab(message.reason), () => `"${message.reason}" is no kebab-case name`)
      } else {
        yield* demand(typeof message.text === "string", () => `${sample.type} ${change}: is no JSON value`)
      }
    }
  }
})
