/** An intake that keeps what is appended, and can be told to wait. */
import { assert } from "@effect/vitest"
import type { Event } from "@millrace/core/Event"
import type { Chunk, Intake, Malformed } from "@millrace/core/Intake"
import type { Source } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"

export interface Recorder {
  readonly chunks: Array<Chunk>
  readonly logs: Array<string>
  /** No append ends while it is closed. */
  readonly door: Latch.Latch
  readonly events: () => ReadonlyArray<Event>
  readonly bad: () => ReadonlyArray<Malformed>
  readonly run: <E extends Event>(source: Source<E>) => ReturnType<Source<E>["run"]>
}

export const make = (): Recorder => {
  const chunks: Array<Chunk> = []
  const logs: Array<string> = []
  const door = Latch.makeUnsafe(true)
  let underWay = 0
  const run: Recorder["run"] = (source) => {
    const intake: Intake = {
      append: Effect.fnUntraced(function* (chunk) {
        assert.strictEqual(++underWay, 1, "one append at a time")
        assert.isUndefined(chunk.split)
        assert.isUndefined(chunk.checkpoint)
        assert.isTrue(chunk.events.length + chunk.malformed.length > 0)
        readsBack(source, chunk)
        chunks.push(chunk)
        yield* door.await
        underWay--
      }),
      full: Effect.succeed(false),
      claim: () => Effect.die("claimed a split"),
      expect: () => Effect.void,
      unread: () => Effect.void,
      problems: () => Effect.void,
      lag: () => Effect.void,
      present: () => Effect.void
    }
    return Effect.provide(
      source.run(intake, { follow: false }),
      Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))])
    )
  }
  return {
    chunks,
    logs,
    door,
    events: () => chunks.flatMap(({ events }) => events),
    bad: () => chunks.flatMap(({ malformed }) => malformed),
    run
  }
}

/** The records are exactly the events, by a codec of the source's catalogue. */
const readsBack = <E extends Event>({ catalogue }: Source<E>, { events, records }: Chunk): void => {
  const codec = catalogue.codecs.find(({ name }) => name === records?.codec)
  assert.isDefined(codec)
  assert.strictEqual(records!.ends.length, events.length)
  assert.strictEqual(records!.ends.at(-1) ?? 0, records!.bytes.length)
  const decode = codec!.decoder(records!.parameter)
  for (const [at, event] of events.entries()) {
    const read = decode(records!.bytes, records!.ends[at - 1] ?? 0, records!.ends[at]!)
    assert.deepStrictEqual(Result.getOrThrow(read), event)
  }
}
