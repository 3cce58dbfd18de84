/**
 * Progress on a terminal, redrawn each second; elsewhere a log line each minute.
 */
import process from "node:process"
import * as Ledger from "@millrace/core/Ledger"
import type { Progress, Running } from "@millrace/core/Running"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { number } from "./table.ts"
import { line } from "./terminal.ts"
import { unreadShort } from "./unread.ts"

interface Snapshot {
  readonly at: number
  readonly read: number
  readonly delivered: number
}

const totals = (ledger: Ledger.Ledger) => ({
  read: Object.values(ledger.routes).reduce((most, { read }) => Math.max(most, read), 0),
  delivered: Ledger.total(ledger, "delivered"),
  waiting: Ledger.total(ledger, "waiting"),
  dead: Ledger.total(ledger, "dead")
})

const perLane = (ledger: Ledger.Ledger): string => {
  const lanes = Object.entries(ledger.routes).flatMap(([route, { delivered, waiting }]) =>
    [...new Set([...Object.keys(delivered), ...Object.keys(waiting)])]
      .sort()
      .map((lane) => `${route}/${lane} ${number(delivered[lane] ?? 0)}+${number(waiting[lane] ?? 0)}`)
  )
  return lanes.length === 0 ? "" : ` [lanes, delivered+waiting: ${lanes.join(", ")}]`
}

/** Time until the input is read at the pace so far; nothing for a source that does not tell its size. */
const remaining = ({ consumed, expected, sourcesEnded }: Progress, elapsed: number): string => {
  if (sourcesEnded || consumed === 0 || expected <= consumed) return ""
  const seconds = (elapsed / 1000) * (expected / consumed - 1)
  const unit = seconds < 120 ? 1 : seconds < 7_200 ? 60 : 3_600
  return `, about ${Duration.format(Duration.seconds(Math.ceil(seconds / unit) * unit))} left`
}

/** One line: what was read, delivered, waits and died, how fast, and how long it will take. */
export const progressText = (
  ledger: Ledger.Ledger,
  progress: Progress,
  start: Snapshot,
  now: number
): string => {
  const { read, delivered, waiting, dead } = totals(ledger)
  const elapsed = Math.max(1, now - start.at)
  const rate = Math.round(((delivered - start.delivered) / elapsed) * 1000)
  return `read ${number(read)}, delivered ${number(delivered)} (${number(rate)}/s), waiting ${number(waiting)}, dead ${number(dead)}${unreadShort(progress.unread)}${remaining(progress, elapsed)}${perLane(ledger)}`
}

/** Shows progress until stopped. */
export const showProgress = (running: Running) =>
  Effect.gen(function* () {
    const { isTTY: isTerminal } = process.stderr
    const first = totals(yield* running.ledger)
    const start: Snapshot = { at: yield* Clock.currentTimeMillis, ...first }
    const show = Effect.gen(function* () {
      const text = progressText(
        yield* running.ledger,
        yield* running.progress,
        start,
        yield* Clock.currentTimeMillis
      )
      if (isTerminal)
        process.stderr.write(
          `\r\u001b[K${line(text).slice(0, Math.max(20, (process.stderr.columns ?? 80) - 1))}`
        )
      else yield* Effect.logInfo(text)
    })
    const drawing = yield* Effect.forkScoped(
      Effect.ignore(Effect.forever(Effect.andThen(Effect.sleep(isTerminal ? "1 second" : "1 minute"), show)))
    )
    return {
      stop: Effect.andThen(
        Fiber.interrupt(drawing),
        Effect.sync(() => isTerminal && process.stderr.write("\r\u001b[K"))
      )
    }
  })
