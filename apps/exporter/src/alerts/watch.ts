/**
 * Looks at a running exporter every few seconds and tells of what changed.
 */
import { readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Loaded } from "@millrace/config/Config"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Operations } from "../operations.ts"
import { conditionsOf, deadOf } from "./conditions.ts"
import { due, nothingTold, type Told } from "./memory.ts"
import * as Send from "./send.ts"

const lookEvery = "5 seconds"

const isTold = (value: unknown): value is Told =>
  typeof value === "object" && value !== null && "deadAt" in value

/** What was told before a restart; an unreadable note is no reason to stay silent. */
const recall = (file: string | undefined): Effect.Effect<Told> =>
  Effect.promise(async () => {
    if (file === undefined) return nothingTold
    try {
      const value: unknown = JSON.parse(await readFile(file, "utf8"))
      return isTold(value) ? value : nothingTold
    } catch {
      return nothingTold
    }
  })

const note = (file: string | undefined, told: Told): Effect.Effect<void> =>
  Effect.ignore(
    Effect.tryPromise(async () => {
      if (file === undefined) return
      await writeFile(`${file}.new`, JSON.stringify(told), { mode: 0o600 })
      await rename(`${file}.new`, file)
    })
  )

interface Way {
  readonly name: "webhook" | "e-mail"
  readonly send: Send.Send
}

/**
 * Looks until the scope closes; `last` looks once more, for a run that ends. What cannot be sent is logged and tried
 * again. Each way is told by itself: one out of order neither silences another nor makes it repeat.
 */
export const watch = (
  { name, contact, alerts, definition, store }: Loaded,
  operations: Operations,
  usage: Effect.Effect<number>
): Effect.Effect<{ readonly last: Effect.Effect<void> }, never, Scope.Scope> =>
  Effect.gen(function* () {
    if (alerts === undefined) return { last: Effect.void }
    const { webhook, email } = yield* alerts.ways
    const ways: ReadonlyArray<Way> = [
      ...(webhook === undefined ? [] : [{ name: "webhook", send: Send.webhook(webhook.url) } as const]),
      ...(email === undefined
        ? []
        : [
            {
              name: "e-mail",
              send: Send.email(email.server, email.from, email.to ?? contact ?? email.from)
            } as const
          ])
    ]
    const routeOf = (name: string) => definition.routes.find((found) => found.name === name)
    const retentionOf = (route: string) =>
      Duration.toMillis(routeOf(route)?.retention ?? definition.retention ?? "7 days")
    const shareOf = (route: string) => routeOf(route)?.share
    const remindEvery = Duration.toMillis(alerts.remindEvery)

    const tellBy = Effect.fnUntraced(function* (way: Way) {
      const file =
        store.directory === undefined ? undefined : join(store.directory, `alerts-${way.name}.json`)
      const turn = yield* Semaphore.make(1)
      let told = yield* recall(file)
      const look = Effect.gen(function* () {
        const status = yield* operations.status()
        const now = yield* Clock.currentTimeMillis
        const conditions = conditionsOf(status, now, { retentionOf, shareOf, usage: yield* usage })
        const next = due(told, conditions, deadOf(status), now, remindEvery)
        if (next.alerts.length > 0) {
          yield* way.send(name, next.alerts)
          yield* Effect.logWarning(
            `alert sent by ${way.name}: ${next.alerts.map(({ text }) => text).join("; ")}`
          )
        }
        told = next.told
        yield* note(file, told)
      }).pipe(
        turn.withPermit,
        Effect.catch(({ message }) => Effect.logWarning(message))
      )
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep(lookEvery))))
      return look
    })
    const looks = yield* Effect.forEach(ways, tellBy)
    return { last: Effect.all(looks, { concurrency: "unbounded", discard: true }) }
  }).pipe(
    Effect.catch(({ message }) =>
      Effect.as(Effect.logWarning(`no alerts: ${message}`), { last: Effect.void })
    )
  )
