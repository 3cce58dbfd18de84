/**
 * What a run notes in its state directory while it runs and when it ends: of one that is killed, a status tells how it was
 * some seconds before.
 *
 * @since 1.0.0
 */
import type { Report, Running } from "@millrace/core/Running"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Noted from "./internal/noted.ts"
import { type Run, sourcesOf, unreadOf } from "./Status.ts"

/**
 * Notes how a run has ended, and what failed.
 *
 * @since 1.0.0
 * @category models
 */
export type End = (how: NonNullable<Run["end"]>["how"], why?: string) => Effect.Effect<void>

/**
 * Notes that a run has begun; yields what notes its end.
 *
 * @since 1.0.0
 * @category constructors
 */
export const begin = Effect.fnUntraced(function* (
  directory: string | undefined,
  follows: boolean
): Effect.fn.Return<End> {
  const started = yield* Clock.currentTimeMillis
  yield* Noted.writeRun(directory, { started, follows })
  return (how, why) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      Noted.writeRun(directory, {
        started,
        follows,
        end: { at, how, ...(why === undefined ? {} : { why }) }
      })
    )
})

/** How often it is looked whether something has changed. */
const lookEvery = "5 seconds"

type Seen = Pick<Report, "sources" | "unread">

/** Notes what has changed since it was last noted. */
const noting = (directory: string | undefined) => {
  let noted = ""
  return Effect.fnUntraced(function* ({ sources, unread }: Seen) {
    const states = sourcesOf(sources, unread)
    const left = unreadOf(unread)
    const now = JSON.stringify([states, left])
    if (now === noted) return
    yield* Noted.writeUnread(directory, left)
    yield* Noted.writeSources(directory, states)
    noted = now
  })
}

/**
 * Notes how the sources stand until the scope closes; `last` notes what a run has left.
 *
 * @since 1.0.0
 * @category constructors
 */
export const watch = Effect.fnUntraced(function* (
  directory: string | undefined,
  running: Running
): Effect.fn.Return<{ readonly last: (report: Seen) => Effect.Effect<void> }, never, Scope.Scope> {
  const turn = yield* Semaphore.make(1)
  const note = noting(directory)
  const last = (report: Seen) => turn.withPermit(note(report))
  const look = Effect.flatMap(
    Effect.all({ sources: running.sources, progress: running.progress }),
    ({ sources, progress: { unread } }) => last({ sources, unread })
  )
  if (directory !== undefined) {
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep(lookEvery))))
  }
  return { last }
})
