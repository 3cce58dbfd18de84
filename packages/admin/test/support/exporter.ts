/** An exporter that runs in this process, with a remote that refuses what it is told to, and its admin endpoint. */

import { Admin, History, type Settings } from "@millrace/admin"
import {
  Catalogue,
  Destination,
  type Event,
  Exporter,
  type Ledger,
  Message,
  Observer,
  Outbox,
  OutboxMemory,
  Outcome,
  Source
} from "@millrace/core"
import { Operations } from "@millrace/operations"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export interface World {
  /** Names of lanes; an event goes to the lane that its user is called. */
  readonly lanes: ReadonlyArray<string>
  readonly events: ReadonlyArray<Event.Event>
  /** What the remote says of a message, beside that it takes it. */
  readonly refuses?: (id: string) => boolean
  /** Its name in a fleet. */
  readonly name?: string
}

export const event = (index: number, user = "web"): Event.Event => ({
  id: `event-${index}`,
  type: "shop.Order",
  time: 1_780_000_000_000 + index,
  user: { externalId: user },
  properties: { note: "what nobody may see unasked" }
})

const destination = ({ lanes, refuses = () => false }: World) =>
  Destination.plugin({
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
        assign: ({ user }) => Destination.to(user.externalId ?? ""),
        prepare: ([event]) => Result.succeed(Message.json(event.id, { sent: event.id })),
        connect: Destination.connectAsync(() => ({
          check: async () => {},
          deliver: async (batch) =>
            Outcome.Outcomes.each(batch, (id) =>
              refuses(id) ? Outcome.rejected("bad-request", "the remote's own words") : Outcome.delivered
            )
        }))
      })
  })({})

export const token = "a token of more than sixteen characters".replaceAll(" ", "-")

const thresholds = { noSuccessFor: 60_000, waitingFor: 3_600_000, unreadableFor: 1000, unreadFor: 600_000 }

/** Runs it until the scope closes. All its events are settled when this resolves. */
export const start = Effect.fnUntraced(function* (
  world: World,
  settings: Partial<Settings.Settings> = {},
  administered: Partial<Settings.Administered> = {}
) {
  const outbox = yield* Outbox.Outbox
  const definition: Exporter.Definition = {
    sources: { default: Source.fromArray(world.events) },
    routes: [{ name: "crm", ordering: "user", changes: [], destination: destination(world) }]
  }
  const history = History.make()
  const running = yield* Exporter.start(definition, {
    follow: true,
    ...(world.name === undefined ? {} : { instance: { name: world.name, roles: ["read", "deliver"] } })
  }).pipe(Effect.provideService(Observer.Observer, history.observe))
  const operations = Operations.fromRunning(
    running,
    outbox,
    { definition, store: OutboxMemory.store },
    { started: 1, follows: true }
  )
  const isSettled = ({ routes }: Ledger.Ledger) =>
    routes["crm"]?.read === world.events.length && Object.keys(routes["crm"].waiting).length === 0
  while (!isSettled(yield* running.ledger)) yield* Effect.sleep("5 millis")
  const { url } = yield* Admin.serve(
    { host: "127.0.0.1", port: 0, ...settings },
    {
      definition,
      name: "tested",
      thresholds,
      operations,
      history,
      config: "millrace.yaml",
      notReady: Effect.succeed(undefined),
      ...administered
    }
  )
  return { url, running, operations }
})

export const withToken = { token: Effect.succeed(Redacted.make(token)) }
export const shown = { authorization: `Bearer ${token}` }
