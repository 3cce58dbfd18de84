/** An exporter in memory that tells its telemetry. */
import {
  Catalogue,
  Destination,
  type Event,
  Exporter,
  Message,
  Observer,
  Outbox,
  OutboxMemory,
  type Outcome,
  Outcome as Outcomes,
  type Running,
  Source
} from "@millrace/core"
import * as Operations from "@millrace/operations/Operations"
import * as Overview from "@millrace/operations/Overview"
import type { Telemetry } from "@millrace/telemetry"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const event = (index: number): Event.Event => ({
  id: `event-${index}`,
  type: "shop.order",
  time: 1_790_000_000_000 + index,
  user: { externalId: `user-${index % 5}` },
  properties: { index }
})

export const events = (count: number): ReadonlyArray<Event.Event> =>
  Array.from({ length: count }, (_, index) => event(index))

/** What to answer for a message; nothing means that it is taken. */
export type Answer = (id: string, lane: string) => Outcome.Outcome | undefined

export const destination = (
  answer: Answer,
  lanes: ReadonlyArray<string> = ["main"],
  /** Made before each attempt. */
  before: Effect.Effect<void> = Effect.void
): Destination.Destination<Event.Event> => {
  const plugin = Destination.plugin({
    name: "remote",
    accepts: Catalogue.any,
    settings: Schema.Struct({}),
    credentials: Schema.Struct({}),
    open: () =>
      Destination.opened({
        lanes: lanes.map((name) => ({ name })),
        limits: {
          messages: 10,
          events: 10,
          bytes: 100_000,
          messageBytes: 10_000,
          messageEvents: 1,
          concurrency: 2,
          window: 0
        },
        assign: ({ properties }) => {
          const { index } = properties as { readonly index: number }
          return index % 10 === 9
            ? Destination.skip("not-wanted")
            : Destination.to(lanes[index % lanes.length]!)
        },
        prepare: ([first]) => Result.succeed(Message.json(first.id, first)),
        connect: (lane) =>
          Effect.succeed({
            deliver: (batch) =>
              Effect.flatMap(before, () => {
                const refused = answer("", lane)
                if (refused?._tag === "Unauthorized")
                  return Effect.fail(new Outcomes.DeliveryError({ outcome: refused }))
                return Effect.succeed(
                  Outcomes.Outcomes.each(batch, (id) => answer(id, lane) ?? Outcomes.delivered)
                )
              }),
            check: Effect.void
          })
      })
  })
  return plugin({ settings: {}, credentials: {} })
}

export const definition = (
  to: Destination.Destination<Event.Event>,
  source: Source.Source = Source.fromArray(events(50), { size: 10 })
): Exporter.Definition => Exporter.from(source).route("crm").to(to)

const thresholds = { noSuccessFor: 60_000, waitingFor: 3_600_000, unreadableFor: 1000, unreadFor: 600_000 }

/** How an exporter stands, as its status tells. */
const overviewOf = (
  running: Running.Running,
  outbox: Outbox.Outbox["Service"],
  given: Exporter.Definition
): Effect.Effect<Overview.Overview, { readonly message: string }> => {
  const target = { definition: given, store: OutboxMemory.store }
  const operations = Operations.fromRunning(running, outbox, target, { started: 0, follows: true })
  return Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const watched = { definition: given, name: "shop", thresholds }
    return Overview.make(yield* operations.status(), watched, now, { isRunning: true })
  })
}

/** Starts it; it follows, and ends with the scope. */
export const start = Effect.fnUntraced(function* (
  given: Exporter.Definition,
  telemetry: Telemetry.Telemetry,
  instance: Outbox.Instance = { name: "one", roles: ["read", "deliver"] }
) {
  const outbox = yield* Outbox.Outbox
  const running = yield* Exporter.start(given, { follow: true, instance }).pipe(
    Effect.provideService(Observer.Observer, telemetry.observe)
  )
  return { running, overview: overviewOf(running, outbox, given) }
})
