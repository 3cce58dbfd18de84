/**
 * Asks every remote whether it takes our credentials: all side by side, and each for a limited time.
 */
import type { Connection, Lane, Opened } from "@millrace/core/Destination"
import type { DeliveryError } from "@millrace/core/Outcome"
import * as Policy from "@millrace/core/Policy"
import type { Route } from "@millrace/core/Route"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Terminal from "./terminal.ts"

export interface Row {
  readonly route: string
  readonly lane: Lane
  readonly result: "accepted" | "held" | "refused" | "no answer"
  readonly note: string
}

export interface Asked {
  readonly route: Route
  readonly open: Opened
}

/** No remote is waited for any longer, however long its policy lets a delivery take. */
const most = Duration.toMillis("30 seconds")

/** After this a person is told what is waited for. */
const patience = Duration.toMillis("5 seconds")

export const checkLanes = (asked: ReadonlyArray<Asked>): Effect.Effect<ReadonlyArray<Row>> => {
  const open = new Set<string>()
  const rows = asked.flatMap((one) => one.open.lanes.map((lane) => checkLane(one, lane, open)))
  const tell = Effect.sync(() => {
    const waiting = [...open].join(", ")
    if (waiting !== "") Terminal.say(`waiting for an answer to ${waiting}; at most 30 seconds`)
  })
  return Effect.raceFirst(
    Effect.all(rows, { concurrency: 64 }),
    Effect.andThen(Effect.delay(tell, patience), Effect.never)
  )
}

const checkLane = ({ open, route }: Asked, lane: Lane, waiting: Set<string>): Effect.Effect<Row> => {
  if (lane.held !== undefined) {
    return Effect.succeed({ route: route.name, lane, result: "held", note: lane.held })
  }
  const policy = Policy.resolve(route.policy ?? {}, open.limits.concurrency)
  const timeouts = Policy.timeouts(policy)
  const limit = Math.min(most, policy.attemptTimeout, timeouts.connect + timeouts.headers + timeouts.body)
  const name = `${route.name}/${lane.name}`
  return Effect.flatMap(open.connect(lane.name), checkConnection).pipe(
    Effect.scoped,
    Effect.provideService(Policy.Timeouts, timeouts),
    Effect.match({
      onSuccess: (note): Row => ({ route: route.name, lane, result: "accepted", note }),
      onFailure: (error): Row => ({ route: route.name, lane, ...failure(error) })
    }),
    within(limit, {
      route: route.name,
      lane,
      result: "no answer",
      note: `nothing was heard within ${Duration.format(Duration.millis(limit))}; check the address, firewalls and proxy`
    }),
    Effect.ensuring(Effect.sync(() => waiting.delete(name))),
    (row) =>
      Effect.andThen(
        Effect.sync(() => waiting.add(name)),
        row
      )
  )
}

/** A plugin that does not let itself be interrupted is not waited for: neither here nor when the program ends. */
const within =
  (millis: number, otherwise: Row) =>
  (row: Effect.Effect<Row>): Effect.Effect<Row> =>
    Effect.flatMap(Effect.forkDetach(row), (fiber) =>
      Fiber.join(fiber).pipe(
        Effect.timeoutOrElse({
          duration: millis,
          orElse: () =>
            Effect.as(
              Effect.andThen(Effect.forkDetach(Fiber.interrupt(fiber)), Effect.sync(leaveSoon)),
              otherwise
            )
        })
      )
    )

/** What such a plugin left open would keep the process alive. */
const leaveSoon = () => void setTimeout(() => process.exit(), Duration.toMillis("2 seconds")).unref()

const checkConnection = (connection: Connection) => Effect.as(connection.check, connection.checkNote ?? "")

const failure = (error: DeliveryError): Pick<Row, "result" | "note"> => ({
  result:
    error.outcome._tag === "Unauthorized" || error.outcome._tag === "Rejected" ? "refused" : "no answer",
  note: error.message
})
