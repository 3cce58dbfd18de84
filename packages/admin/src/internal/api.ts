/** What is answered at each path: everything by the operations, nothing by rules of its own. */
import type { Filter } from "@millrace/core/DeadLetters"
import * as DeadLetters from "@millrace/operations/DeadLetters"
import * as Overview from "@millrace/operations/Overview"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type { Administered } from "../Settings.ts"
import { type Answer, json, refuse, text } from "./answer.ts"
import * as Asked from "./asked.ts"

/** One path: how it is asked, whether it changes anything, and what it yields. */
interface Endpoint {
  readonly method: "GET" | "POST"
  readonly writes?: boolean
  readonly answer: (given: Asked.Given) => Effect.Effect<Answer, Answer | { readonly message: string }>
}

/** Letters of a page of the list. */
const pageLength = 50
const longestPage = 100

/** Backfills that are told, the last begun first. */
const mostBackfills = 20

const asked = <A>(result: Result.Result<A, string>): Effect.Effect<A, Answer> =>
  Effect.mapError(Effect.fromResult(result), (message) => refuse(400, message))

export const endpointsOf = (
  exporter: Administered,
  about: { readonly version: string; readonly readOnly: boolean }
): ReadonlyMap<string, Endpoint> => {
  const { definition, operations } = exporter
  const overview = Effect.map(Effect.all([operations.status(), Clock.currentTimeMillis]), ([status, now]) =>
    Overview.make(status, exporter, now, { isRunning: true })
  )
  const filterOf = (given: Asked.Given): Effect.Effect<Filter, Answer> =>
    Effect.map(asked(Asked.filterOf(given)), (filter) => DeadLetters.spelled(filter, definition))
  const pause = (paused: boolean): Endpoint => ({
    method: "POST",
    writes: true,
    answer: Effect.fnUntraced(function* (given) {
      const key = yield* asked(Asked.laneOf(given))
      if (!(yield* operations.pause(key, paused))) return refuse(404, "there is no such lane")
      const { lanes } = yield* overview
      return json(lanes.find(({ route, lane }) => route === key.route && lane === key.lane))
    })
  })
  const reading = <A>(read: Effect.Effect<A, { readonly message: string }>): Endpoint => ({
    method: "GET",
    answer: () => Effect.map(read, (value) => json(value))
  })
  const routes = definition.routes.map(({ name, from, backfill }) => ({
    name,
    sources: from ?? Object.keys(definition.sources),
    ...(backfill === true ? { backfill } : {})
  }))

  return new Map<string, Endpoint>([
    [
      "/metrics",
      {
        method: "GET",
        answer: () =>
          exporter.metrics === undefined
            ? Effect.succeed(refuse(404, "this exporter tells no metrics"))
            : Effect.map(Effect.flatMap(overview, exporter.metrics), (body) =>
                text(200, body, "text/plain; version=0.0.4; charset=utf-8")
              )
      }
    ],
    [
      "/api/about",
      reading(Effect.succeed({ ...about, exporter: exporter.name, config: exporter.config, routes }))
    ],
    ["/api/status", reading(overview)],
    ["/api/lanes", reading(Effect.map(overview, ({ lanes, sources }) => ({ lanes, sources })))],
    ["/api/alerts", reading(Effect.map(overview, ({ attention }) => ({ attention })))],
    [
      "/api/history",
      reading(
        Effect.map(Clock.currentTimeMillis, (now) => ({
          now,
          lanes: exporter.history?.lanes(now) ?? []
        }))
      )
    ],
    [
      "/api/backfills",
      reading(
        Effect.map(operations.backfills(), (backfills) => ({
          backfills: backfills.slice(0, mostBackfills).map(({ unread: _, ...backfill }) => backfill)
        }))
      )
    ],
    ["/api/lanes/pause", pause(true)],
    ["/api/lanes/resume", pause(false)],
    [
      "/api/dead-letters",
      {
        method: "GET",
        answer: Effect.fnUntraced(function* (given) {
          const filter = yield* filterOf(given)
          const after = yield* asked(Asked.numberOf(given, "after", 0, Number.MAX_SAFE_INTEGER))
          const most = yield* asked(Asked.numberOf(given, "limit", pageLength, longestPage))
          const { letters, ...next } = yield* operations.pageDeadLetters(filter, after, Math.max(1, most))
          return json({ letters: letters.map(listed), ...next })
        })
      }
    ],
    [
      "/api/dead-letters/count",
      {
        method: "POST",
        answer: Effect.fnUntraced(function* (given) {
          const { total } = yield* operations.listDeadLetters(yield* filterOf(given), 0)
          return json({ total })
        })
      }
    ],
    [
      "/api/dead-letters/replay",
      {
        method: "POST",
        writes: true,
        answer: Effect.fnUntraced(function* (given) {
          return json(yield* operations.replay(yield* filterOf(given)))
        })
      }
    ],
    [
      "/api/dead-letters/purge",
      {
        method: "POST",
        writes: true,
        answer: Effect.fnUntraced(function* (given) {
          const filter = yield* filterOf(given)
          if (Asked.isEmpty(filter) && given["all"] !== true)
            return refuse(400, "say which dead letters to remove for good, or all: true")
          return json({ purged: yield* operations.purge(filter) })
        })
      }
    ]
  ])
}

/** Characters of a detail in a list; one letter that is asked for has all of it. */
const longestDetail = 200

/** What a list shows. A detail may quote what the remote said of the event. */
const listed = ({ detail, ...letter }: DeadLetters.Listed) => ({
  ...letter,
  detail: detail.length <= longestDetail ? detail : `${detail.slice(0, longestDetail).toWellFormed()}…`
})

/** One dead letter whole. */
export const letterOf = Effect.fnUntraced(function* ({ definition, operations }: Administered, id: number) {
  const { letters } = yield* operations.deadLetters({ ids: [id] }, id - 1)
  const [letter] = letters
  return letter === undefined
    ? refuse(404, "there is no such dead letter")
    : json(yield* DeadLetters.show(letter, definition))
})
