/** A remote system in memory that answers as it is told, and the destination that sends to it. */
import { Catalogue, Destination, type Event, Message, Outcome } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export interface Request {
  readonly lane: string
  readonly ids: ReadonlyArray<string>
  readonly body: string
}

export interface Remote {
  readonly requests: Array<Request>
  /** Ids accepted, in order, per lane. */
  readonly accepted: Map<string, Array<string>>
}

export type Answer = (
  request: Request,
  batch: Message.Batch
) => Outcome.Outcomes | Outcome.DeliveryError["outcome"] | "hang" | undefined

export const make = (): Remote => ({ requests: [], accepted: new Map() })

export const idsOf = (remote: Remote): ReadonlyArray<string> => [...remote.accepted.values()].flat()

export interface Options {
  readonly lanes?: ReadonlyArray<Destination.Lane>
  readonly limits?: Partial<Destination.Limits>
  readonly assign?: (event: Event.Event) => Destination.Assignment
  readonly prepare?: Destination.Opened["prepare"]
  /** What to answer; nothing means that all is taken. */
  readonly answer?: Answer
}

/** Messages that are the events themselves. */
export const whole: Destination.Opened["prepare"] = ([event]) => Result.succeed(Message.json(event.id, event))

export const destination = (remote: Remote, options: Options = {}): Destination.Destination<Event.Event> => {
  const accept = (batch: Message.Batch, ids: ReadonlyArray<string>) => {
    const events = ids.flatMap((id) => id.split("+"))
    remote.accepted.set(batch.lane, [...(remote.accepted.get(batch.lane) ?? []), ...events])
  }
  const plugin = Destination.plugin({
    name: "test-remote",
    accepts: Catalogue.any,
    settings: Schema.Struct({}),
    credentials: Schema.Struct({}),
    open: () =>
      Destination.opened({
        lanes: options.lanes ?? [{ name: "main" }],
        limits: {
          messages: 10,
          events: 100,
          bytes: 100_000,
          messageBytes: 10_000,
          messageEvents: 10,
          concurrency: 4,
          window: 0,
          ...options.limits
        },
        assign: options.assign ?? (() => Destination.to("main")),
        prepare:
          options.prepare ??
          ((events) => {
            const id = events.map((event) => event.id).join("+")
            return Result.succeed(Message.json(id, { id, user: events[0].user.externalId }))
          }),
        connect: () =>
          Destination.connected({
            check: Effect.void,
            deliver: Effect.fnUntraced(function* (batch: Message.Batch) {
              const request = {
                lane: batch.lane,
                ids: batch.ids,
                body: new TextDecoder().decode(batch.body)
              }
              remote.requests.push(request)
              const answer =
                options.answer?.(request, batch) ?? Outcome.Outcomes.all(batch, Outcome.delivered)
              if (answer === "hang") return yield* Effect.never
              if (!(answer instanceof Outcome.Outcomes)) {
                return yield* new Outcome.DeliveryError({ outcome: answer })
              }
              accept(
                batch,
                batch.ids.filter((_, index) => answer.values[index]?._tag === "Delivered")
              )
              return answer
            })
          })
      })
  })
  return plugin({})
}

export const event = (
  index: number,
  user = `user-${index % 7}`
): Event.Event<"shop.Order", { readonly cents: number }> => ({
  id: `event-${index}`,
  type: "shop.Order",
  time: 1_780_000_000_000 + index,
  user: { externalId: user },
  properties: { cents: index }
})

export const events = (count: number) => Array.from({ length: count }, (_, index) => event(index))
