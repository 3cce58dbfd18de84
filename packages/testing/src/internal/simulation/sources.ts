/** The two sources of a history: one that is read, split by split, and one that clients push to. */
import type * as Catalogue from "@millrace/core/Catalogue"
import * as Codec from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import type { Chunk, Malformed } from "@millrace/core/Intake"
import * as Source from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { epoch } from "./kernel.ts"
import type { PlannedChunk, PlannedEvent } from "./plan.ts"
import type { Host, World } from "./world.ts"

export interface Properties {
  readonly fate: PlannedEvent["fate"]
  readonly place: number
}

export type SimulatedEvent = Event<"simulated.event" | "simulated.other", Properties>

const bytesCodec: Codec.Codec = { name: "simulated/1", decoder: Codec.event.decoder }

export const catalogue: Catalogue.Catalogue<SimulatedEvent> = {
  name: "simulated",
  types: new Set(["simulated.event", "simulated.other"]),
  valid: (event) => !("fate" in event.properties && event.properties.fate === "invalid"),
  explain: () => "planned to be invalid",
  personal: () => new Set(),
  codecs: [bytesCodec as Codec.Codec<SimulatedEvent>]
}

const eventOf = ({ id, user, fate, place }: PlannedEvent): SimulatedEvent => ({
  id,
  type: fate === "other" ? "simulated.other" : "simulated.event",
  time: epoch,
  user: { externalId: user },
  properties: { fate, place }
})

const malformedOf = (chunk: PlannedChunk): ReadonlyArray<Malformed> =>
  Array.from({ length: chunk.malformed }, (_, index) => ({
    reason: "malformed",
    detail: "planned to be malformed",
    position: `line ${index}`,
    raw: new TextEncoder().encode(`${chunk.name} {`)
  }))

const chunkOf = (planned: PlannedChunk): Chunk<SimulatedEvent> => {
  const events = planned.events.map(eventOf)
  const records = { ...Codec.encodeEvents(events), codec: bytesCodec.name }
  return { events, malformed: malformedOf(planned), ...(planned.bytes ? { records } : {}) }
}

/** Splits appear at their times; chunk `n` of a split ends at checkpoint `n`. */
export const pulled = ({ plan, kernel }: World, { dies }: Host): Source.Source<SimulatedEvent> => {
  const chance = kernel.chance("source")
  const appearing = [...plan.splits].sort((left, right) => left.at - right.at)
  return {
    plugin: "simulated",
    catalogue,
    run: Source.fromSplits<SimulatedEvent>({
      concurrency: plan.readers,
      // A split stays: one that is forgotten all the same is read, and counted, again.
      present: (splits) =>
        Effect.suspend(() => {
          if (dies("source:present")) return Effect.never
          const there = new Set(
            appearing.filter(({ at }) => at <= kernel.now() - epoch).map(({ name }) => name)
          )
          return Effect.succeed(splits.filter((split) => there.has(split)))
        }),
      discover: ({ follow }) => {
        const now = kernel.now() - epoch
        const there = Stream.fromIterable(appearing.filter(({ at }) => at <= now))
        const later = Stream.fromIterable(appearing.filter(({ at }) => at > now)).pipe(
          Stream.mapEffect((split) =>
            Effect.as(Effect.sleep(Math.max(0, split.at + epoch - kernel.now())), split)
          )
        )
        return (follow ? Stream.concat(Stream.concat(there, later), Stream.never) : there).pipe(
          Stream.map(({ name }) => name)
        )
      },
      read: (split, after) => {
        const { chunks } = plan.splits.find(({ name }) => name === split)!
        const from = Number(Option.getOrElse(after, () => "0"))
        return Stream.fromIterable(
          chunks.slice(from).map((chunk, index) => ({ chunk, end: from + index + 1 }))
        ).pipe(
          Stream.mapEffect(({ chunk, end }) =>
            Effect.suspend(() =>
              dies("source:read")
                ? Effect.never
                : Effect.as(Effect.sleep(chance.below(10)), {
                    ...chunkOf(chunk),
                    split,
                    checkpoint: String(end)
                  })
            )
          )
        )
      }
    })
  }
}

/** A chunk counts as answered when its append has resolved, and not before. */
export const pushed = ({ client }: World, { process, dies }: Host): Source.Source<SimulatedEvent> => ({
  plugin: "simulated",
  catalogue,
  run: Effect.fnUntraced(function* (intake, { follow }) {
    for (;;) {
      const planned = client.next(process)
      if (planned === undefined) {
        if (!follow) return
        yield* Effect.callback<void>((resume) => {
          const stop = client.onRequest(() => {
            if (process.isAlive()) resume(Effect.void)
          })
          return Effect.sync(stop)
        })
      } else if (yield* intake.full) client.refused(process, planned)
      else {
        yield* intake.append(chunkOf(planned))
        if (dies("client:answer")) return yield* Effect.never
        client.answered(process, planned)
      }
    }
  })
})
