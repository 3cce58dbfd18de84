/** The destination of one route, to the model remote. */
import * as Destination from "@millrace/core/Destination"
import * as Message from "@millrace/core/Message"
import { DeliveryError, type Outcomes, retry } from "@millrace/core/Outcome"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Chance from "./chance.ts"
import { epoch } from "./kernel.ts"
import { laneName, laneOf } from "./plan.ts"
import * as Remote from "./remote.ts"
import { catalogue, type SimulatedEvent } from "./sources.ts"
import { secretMark } from "./witness.ts"
import type { Host, World } from "./world.ts"

const limits = { events: 12, bytes: 20_000, messageBytes: 2000, messageEvents: 4 }

const prepare: Destination.Opened<SimulatedEvent>["prepare"] = (events) => {
  if (events.some(({ properties }) => properties.fate === "bomb")) throw new Error(`bomb with ${secretMark}`)
  const ids = events.map(({ id }) => id)
  const id = ids.join("+")
  return Result.succeed(Message.json(id, { id, events: ids } satisfies Remote.Message))
}

export const make = (
  world: World,
  host: Host,
  routeIndex: number
): Destination.Destination<SimulatedEvent> => {
  const { plan, kernel, keys } = world
  const route = plan.routes[routeIndex]!
  const lanes = Array.from({ length: route.lanes }, (_, index) => ({
    name: laneName(index),
    chance: kernel.chance(`remote ${route.name}/${laneName(index)}`)
  }))
  const connect = (lane: number, key: string) =>
    Effect.suspend(() =>
      windowAt(world, routeIndex, lane)?.fault === "down" && lanes[lane]!.chance.hit(0.3)
        ? Effect.fail(new DeliveryError({ outcome: retry("no-connection") }))
        : Effect.succeed({
            check: Effect.void,
            deliver: (batch: Message.Batch) =>
              deliver(world, host, { routeIndex, lane, key }, lanes[lane]!.chance, batch)
          } satisfies Destination.Connection)
    )

  return {
    plugin: "simulated",
    accepts: catalogue,
    selection: undefined,
    changed: Effect.callback<void>((resume) => {
      const stop = keys.onChange(routeIndex, () => {
        if (host.process.isAlive()) resume(Effect.void)
      })
      return Effect.sync(stop)
    }),
    open: Effect.sync(() => {
      const configured = lanes.map((_, index) => keys.configured(routeIndex, index))
      for (const [index, key] of configured.entries()) {
        if (key === undefined) world.witness.lane({ route: route.name, lane: laneName(index) }).refused()
      }
      return {
        lanes: lanes.map(({ name }, index) =>
          configured[index] === undefined ? { name, held: "no-credentials" } : { name }
        ),
        limits: { ...limits, messages: route.messages, concurrency: route.concurrency, window: route.window },
        assign: ({ user, properties }) =>
          properties.fate === "skip"
            ? Destination.skip("planned")
            : Destination.to(laneOf(route, properties), route.grouped ? user.externalId : undefined),
        prepare,
        connect: (name) => {
          const index = lanes.findIndex((lane) => lane.name === name)
          return connect(index, configured[index]!)
        }
      }
    })
  }
}

const windowAt = ({ plan, kernel }: World, route: number, lane: number) => {
  const now = kernel.now() - epoch
  return plan.windows.find(
    (window) => window.route === route && window.lane === lane && window.from <= now && now < window.to
  )
}

interface From {
  readonly routeIndex: number
  readonly lane: number
  readonly key: string
}

/** One request: out to the remote, and the answer back, each taking its time. */
const deliver = (
  world: World,
  { process, dies }: Host,
  { routeIndex, lane, key }: From,
  chance: Chance.Chance,
  batch: Message.Batch
): Effect.Effect<Outcomes, DeliveryError> =>
  Effect.suspend(() => {
    if (dies("deliver:before")) return Effect.never
    const { plan, kernel, witness, keys } = world
    const route = plan.routes[routeIndex]!
    const record = witness.lane({ route: route.name, lane: laneName(lane) })
    const messages: ReadonlyArray<Remote.Message> = JSON.parse(new TextDecoder().decode(batch.body))
    kernel.trace(`${route.name}/${batch.lane} sends ${batch.ids.join(" ")}`)
    record.sent(process)
    const sent = messages.flatMap(({ events }) => events)
    for (const { id, events } of messages) record.sends(id, events, process)
    checkRequest(world, route.messages, batch, messages)

    const accept = (accepted: ReadonlyArray<Remote.Message>) => {
      for (const { id, events } of accepted) {
        kernel.trace(`${route.name}/${batch.lane} accepts ${id}`)
        record.accepted(id, events)
      }
    }
    const arrive = (resume: (answer: Effect.Effect<Outcomes, DeliveryError>) => void) => {
      const now = kernel.now()
      const window = windowAt(world, routeIndex, lane)
      const isKeyGood = keys.accepts(routeIndex, lane, key)
      const { accepted, late, answer, delay, heard } = Remote.reply(
        {
          batch,
          messages,
          fateOf: witness.fateOf,
          judgesEvents: route.judgesEvents ?? false,
          key,
          isKeyGood,
          window,
          now
        },
        chance
      )
      if (late > 0) kernel.after(late, () => accept(accepted))
      else accept(accepted)
      kernel.trace(
        `${route.name}/${batch.lane} ${isKeyGood ? (window?.fault ?? "takes it") : "knows no such key"}`
      )
      if (answer === undefined) return
      kernel.after(delay, () => {
        if (dies("deliver:after")) return
        heard(record.heardBy(process))
        resume(answer)
      })
    }
    return Effect.callback<Outcomes, DeliveryError>((resume) => {
      kernel.after(chance.between(1, 20), () => arrive(resume))
    }).pipe(Effect.ensuring(Effect.sync(() => process.isAlive() && record.over(process, sent))))
  })

const checkRequest = (
  { witness }: World,
  most: number,
  batch: Message.Batch,
  messages: ReadonlyArray<Remote.Message>
): void => {
  const events = messages.reduce((sum, message) => sum + message.events.length, 0)
  if (messages.map(({ id }) => id).join() !== batch.ids.join()) {
    witness.violate(
      "stable-ids",
      `a request names ${batch.ids.join(" ")} and holds ${messages.map(({ id }) => id).join(" ")}`
    )
  }
  if (messages.length === 0 || messages.length > most)
    witness.violate("bounds", `a request of ${messages.length} messages`)
  if (events !== batch.events || events > limits.events)
    witness.violate("bounds", `a request of ${events} events`)
  if (batch.body.length > limits.bytes) witness.violate("bounds", `a request of ${batch.body.length} bytes`)
  if (messages.some((message) => message.events.length > limits.messageEvents)) {
    witness.violate("bounds", "a message of more events than one may hold")
  }
}
