/**
 * What the sources have read and have not, noted in the state directory while an exporter runs: of one that is killed, `status`
 * tells how it was some seconds before.
 */
import type { Report, Running } from "@millrace/core/Running"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Sources from "./sources.ts"
import * as Unread from "./unread.ts"

/** How often it is looked whether something has changed. */
const lookEvery = "5 seconds"

/** Notes what has changed since it was last noted. */
const noting = (directory: string | undefined) => {
  let noted = ""
  return ({ sources, unread }: Pick<Report, "sources" | "unread">) =>
    Effect.gen(function* () {
      const states = Sources.statesOf(sources, unread)
      const summary = Unread.summaryOf(unread)
      const now = JSON.stringify([states, summary])
      if (now === noted) return
      yield* Unread.note(directory, summary)
      yield* Sources.note(directory, states)
      noted = now
    })
}

/** Notes until the scope closes; `last` notes what a run has left. */
export const watch = (directory: string | undefined, running: Running) =>
  Effect.gen(function* () {
    const turn = yield* Semaphore.make(1)
    const note = noting(directory)
    const last = (report: Pick<Report, "sources" | "unread">) => turn.withPermit(note(report))
    const look = Effect.flatMap(
      Effect.all({ sources: running.sources, progress: running.progress }),
      ({ sources, progress: { unread } }) => last({ sources, unread })
    )
    if (directory !== undefined) {
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep(lookEvery))))
    }
    return { last }
  })
