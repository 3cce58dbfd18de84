/** What is printed while an effect runs. */
import * as Effect from "effect/Effect"

const { console } = globalThis
const methods = ["debug", "error", "info", "log", "trace", "warn"] as const

/** Keeps what goes to the console in that time instead of printing it. */
export const consoleOutput = <A, X, R>(
  effect: Effect.Effect<A, X, R>
): Effect.Effect<ReadonlyArray<unknown>, X, R> =>
  Effect.suspend(() => {
    const said: Array<unknown> = []
    const real = methods.map((method) => [method, console[method]] as const)
    for (const method of methods) {
      console[method] = (...given: ReadonlyArray<unknown>) => {
        said.push(given)
      }
    }
    return Effect.as(effect, said).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          for (const [method, print] of real) console[method] = print
        })
      )
    )
  })
