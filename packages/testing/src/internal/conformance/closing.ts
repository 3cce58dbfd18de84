/** Whether connections, sockets and timers end with the scope of a lane. */
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import { attempt } from "./attempt.ts"
import { demand, until } from "./proof.ts"
import * as Stage from "./stage.ts"
import type { Subject } from "./subject.ts"

/** Often enough that one thing left behind each time stands out from what comes and goes. */
const rounds = 40
/** A shared pool may keep a few. */
const few = 8

const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length

export const closes = Effect.fnUntraced(function* <E extends Event>(subject: Subject<E>) {
  const stage = yield* Stage.open(subject)
  const before = timers()
  for (let round = 0; round < rounds; round++) {
    const opened = yield* stage.destination.open
    yield* attempt({ ...stage, opened }, yield* stage.events(1))
  }
  const left = () => stage.remote.connections()
  const ticking = () => timers() - before
  yield* until(() => left() <= few && ticking() < rounds / 2)
  yield* demand(
    left() <= few,
    () => `${left()} network connections are open after a lane was opened and closed ${rounds} times`
  )
  yield* demand(
    ticking() < rounds / 2,
    () => `${ticking()} more timers run after a lane was opened and closed ${rounds} times`
  )
})
