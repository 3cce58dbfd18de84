/**
 * Progress on a terminal, redrawn each second; elsewhere a log line each minute.
 */
import process from "node:process"
import * as Log from "@millrace/core/Log"
import type { Running } from "@millrace/core/Running"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Progress from "./progressText.ts"

/** Seconds between two lines, and how many lines back the pace is measured from: the last ten seconds, or the last minute. */
const onTerminal = { every: 1, window: 10 }
const elsewhere = { every: 60, window: 1 }

/** Shows progress until stopped. */
export const showProgress = Effect.fnUntraced(function* (running: Running, follow: boolean) {
  const { isTTY: isTerminal } = process.stderr
  const { every, window } = isTerminal ? onTerminal : elsewhere
  const look = Effect.all({
    at: Clock.currentTimeMillis,
    ledger: running.ledger,
    progress: running.progress,
    lanes: running.lanes,
    sources: running.sources
  })
  const start = yield* look
  const first = Progress.momentOf(start)
  const seen = [first]
  const show = Effect.gen(function* () {
    const view = yield* look
    const told = Progress.progressOf({ ...view, follow }, { start: start.at, since: seen[0] ?? first })
    seen.push(Progress.momentOf(view))
    if (seen.length > window) seen.shift()
    if (isTerminal)
      process.stderr.write(`\r\u001b[K${Progress.progressText(told, (process.stderr.columns ?? 80) - 1)}`)
    else yield* Log.write("progress", "progress", { ...told })
  })
  const drawing = yield* Effect.forkScoped(
    Effect.ignore(Effect.forever(Effect.andThen(Effect.sleep(every * 1000), show)))
  )
  return {
    stop: Effect.andThen(
      Fiber.interrupt(drawing),
      Effect.sync(() => isTerminal && process.stderr.write("\r\u001b[K"))
    )
  }
})
