/**
 * What was thrown. By the code of a plugin or of a change, it is for its author: the event at hand ends as a dead letter
 * `defect` that names no more than the class of the error, since message and stack may quote the event; here both are told.
 * By the system, it is known by its code.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type { Definition } from "./Definition.ts"
import type { Opened } from "./Destination.ts"
import type { Route } from "./Route.ts"

/**
 * One throw. `text` is the error's class, message and stack: it may hold what the event holds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Thrown {
  readonly route: string
  readonly where: "intake" | "through" | "assign" | "prepare"
  readonly text: string
}

/**
 * The same definition, which tells of each throw before the event ends by it. Costs nothing where nothing throws.
 *
 * @since 1.0.0
 * @category conversions
 */
export const observe = (definition: Definition, tell: (thrown: Thrown) => void): Definition => ({
  ...definition,
  routes: definition.routes.map((route) => observeRoute(route, tell))
})

/**
 * At most `most` throws that differ, each told once: a fault is met at many events.
 *
 * @since 1.0.0
 * @category conversions
 */
export const once = (most: number, tell: (thrown: Thrown) => void): ((thrown: Thrown) => void) => {
  const told = new Set<string>()
  return (thrown) => {
    const key = `${thrown.route} ${thrown.where} ${thrown.text}`
    if (told.size >= most || told.has(key)) return
    told.add(key)
    tell(thrown)
  }
}

/**
 * The code of what the system, or Node, threw, such as `ENOENT`. Unlike its message it never quotes anything.
 *
 * @since 1.0.0
 * @category conversions
 */
export const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"

// internal

const observeRoute = (route: Route, tell: (thrown: Thrown) => void): Route => {
  const watch =
    <Given extends ReadonlyArray<unknown>, A>(where: Thrown["where"], run: (...given: Given) => A) =>
    (...given: Given): A => {
      try {
        return run(...given)
      } catch (cause) {
        tell({ route: route.name, where, text: textOf(cause) })
        throw cause
      }
    }
  const opened = (given: Opened): Opened => ({
    ...given,
    assign: watch("assign", (event) => given.assign(event)),
    prepare: watch("prepare", (events, lane) => given.prepare(events, lane)),
    connect: (lane) => given.connect(lane)
  })
  const { destination, intake } = route
  return {
    ...route,
    ...(intake === undefined ? {} : { intake: intake.map((change) => watch("intake", change)) }),
    changes: route.changes.map((change) => watch("through", change)),
    destination: { ...destination, open: Effect.map(destination.open, opened) }
  }
}

const textOf = (cause: unknown): string =>
  cause instanceof Error ? (cause.stack ?? `${cause.name}: ${cause.message}`) : String(cause)
