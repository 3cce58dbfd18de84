/**
 * The exporter's side of threads that read for it: it answers what they ask of the doors of their sources.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Split } from "../../Intake.ts"
import type { Reader } from "../../internal/reader.ts"
import type { OutboxError } from "../../Outbox.ts"
import { SourceError } from "../../Source.ts"
import type { Door } from "../intake/Door.ts"
import * as Sheet from "../message/Sheet.ts"
import { type Ask, errorOf, type FromReader, type ToReader, unpack } from "./ReaderMessages.ts"

/** Chunks of threads that wait to be stored: as long as there are any, the exporter's own thread need not read. */
const makeBacklog = () => {
  const isEmpty = Latch.makeUnsafe(true)
  let waiting = 0
  const leave = Effect.sync(() => {
    waiting--
    if (waiting === 0) isEmpty.openUnsafe()
  })
  return {
    during: <A, E>(storing: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        waiting++
        isEmpty.closeUnsafe()
        return Effect.ensuring(storing, leave)
      }),
    /** What the threads have sent by now is heard first. */
    awaitEmpty: Effect.andThen(Effect.yieldNow, isEmpty.await)
  }
}

/** Memory of messages that have ended, on its way back to the thread that wrote them: as much as that thread would keep. */
const returning = () => {
  let waiting: Array<ArrayBuffer> = []
  let bytes = 0
  return {
    add: (memory: ArrayBuffer): void => {
      if (bytes + memory.byteLength > Sheet.most) return
      bytes += memory.byteLength
      waiting.push(memory)
    },
    take: (): ReadonlyArray<ArrayBuffer> => {
      const taken = waiting
      waiting = []
      bytes = 0
      return taken
    }
  }
}

/** Who reads which split: the first to ask keeps it, so that nobody else opens it again. */
const owning = (busy: Effect.Effect<void>) => {
  const backlog = makeBacklog()
  const taken = new Map<string, number>()
  const several = Latch.makeUnsafe(false)
  let asked = 0
  /**
   * The exporter itself leaves a split that may be the only one to a thread, which does nothing else: it waits until all
   * threads have one, or until it has heard of a second.
   */
  const afterOthers = Effect.suspend(() => {
    asked++
    if (asked > 1) several.openUnsafe()
    return Effect.raceFirst(busy, several.await)
  })
  /** The splits of a reader that is gone are anyone's. */
  const leave = (reader: number) =>
    Effect.sync(() => {
      for (const [name, owner] of taken) if (owner === reader) taken.delete(name)
    })
  /** The door as one of several readers has it; reader 0 is the exporter itself. */
  const doorOf = (reader: number, source: string, door: Door): Door => ({
    ...door,
    problems: (found) => door.problems(found, reader),
    lag: (found) => door.lag(found, reader),
    store: (planned) => {
      const storing = door.store(planned)
      return reader === 0 ? Effect.andThen(storing, backlog.awaitEmpty) : backlog.during(storing)
    },
    claim: Effect.fnUntraced(function* (split) {
      if (reader === 0) yield* afterOthers
      const name = nameOf(source, split)
      if ((taken.get(name) ?? reader) !== reader) return Option.none()
      taken.set(name, reader)
      return yield* door.claim(split)
    })
  })
  return { doorOf, leave }
}

export interface Together extends Pick<Options, "doors" | "follow" | "tracks" | "busyTracks"> {
  readonly readers: ReadonlyArray<Reader>
  /** Keeps what a reader could not read from stopping the others. */
  readonly noted: (reading: Effect.Effect<void, SourceError>) => Effect.Effect<void>
  /** Reads in the exporter's own thread, by these doors where there is one. */
  readonly here: (own: ReadonlyMap<string, Door>) => Effect.Effect<void>
}

/** Reads here and in all threads; each split is read by whoever asks for it first. */
export const together = Effect.fnUntraced(function* ({
  readers,
  doors,
  noted,
  here,
  ...given
}: Together): Effect.fn.Return<void> {
  const busy = yield* Latch.make(false)
  const idle = new Set(readers)
  const own = owning(busy.await)
  const doorsOf = (reader: number) =>
    new Map([...doors].map(([name, door]) => [name, own.doorOf(reader, name, door)]))
  const there = readers.map((reader, index) => {
    const onBusy = () => {
      idle.delete(reader)
      if (idle.size === 0) busy.openUnsafe()
    }
    const serving = serve(reader, { ...given, doors: doorsOf(index + 1), onBusy })
    return noted(Effect.onError(serving, () => own.leave(index + 1)))
  })
  yield* Effect.all([here(doorsOf(0)), ...there], { concurrency: "unbounded", discard: true })
})

interface Options {
  readonly doors: ReadonlyMap<string, Door>
  readonly follow: boolean
  /** Into how many tracks each lane is divided. */
  readonly tracks: number
  /** Names of tracks for which preparing is not worth it now. */
  readonly busyTracks: () => ReadonlyArray<string>
  /** Called when the thread has its first split, or needs none. */
  readonly onBusy: () => void
}

/** Serves one reader until it has read everything; fails when it cannot go on. */
const serve = Effect.fnUntraced(
  function* (
    { port, ended: gone }: Reader,
    options: Options
  ): Effect.fn.Return<void, SourceError, Scope.Scope> {
    const { doors, follow, tracks, busyTracks, onBusy } = options
    const scope = yield* Effect.scope
    const ended = yield* Deferred.make<void, SourceError>()
    const claims = new Map<string, Scope.Closeable>()
    const fibers = yield* FiberSet.make<void>()
    const fork = yield* FiberSet.runtime(fibers)<never>()
    const post = (message: ToReader, transfer: ReadonlyArray<ArrayBuffer> = []) =>
      port.postMessage(message, transfer)
    const memory = returning()

    const claim = Effect.fnUntraced(function* (source: string, door: Door, split: Split) {
      const inner = yield* Scope.fork(scope)
      const found = yield* Scope.provide(door.claim(split), inner)
      if (Option.isNone(found)) {
        yield* Scope.close(inner, Exit.void)
        return undefined
      }
      onBusy()
      claims.set(nameOf(source, split), inner)
      const { after, lost, revoked } = found.value
      const tell = (kind: "lost" | "revoked", happens: Effect.Effect<void>) =>
        Effect.forkIn(
          Effect.andThen(
            happens,
            Effect.sync(() => post({ kind, source, split }))
          ),
          inner
        )
      yield* tell("lost", lost)
      yield* tell("revoked", revoked)
      return { checkpoint: Option.getOrUndefined(after) }
    })

    const answer = (source: string, ask: Ask): Effect.Effect<unknown, OutboxError> => {
      const door = doors.get(source)
      if (door === undefined) return Effect.die(`a reader asked for ${source}, which is no source`)
      switch (ask.method) {
        case "full":
          return door.full
        case "store":
          return Effect.andThen(door.room, door.store(unpack(ask.chunk, memory.add)))
        case "claim":
          return claim(source, door, ask.split)
        case "again":
          return door.again(errorOf(ask.failure))
      }
    }

    const reply = (id: number, source: string, ask: Ask): Effect.Effect<void> =>
      Effect.match(answer(source, ask), {
        onSuccess: (value) => {
          if (ask.method !== "store") return post({ kind: "answer", id, value })
          const ended = memory.take()
          post({ kind: "answer", id, value, busy: busyTracks(), memory: ended }, ended)
        },
        onFailure: ({ reason, detail }) => post({ kind: "answer", id, overtaken: { reason, detail } })
      })

    port.on("message", (given) => {
      const message = given as FromReader
      switch (message.kind) {
        case "ask":
          return fork(reply(message.id, message.source, message.ask))
        case "release": {
          const name = nameOf(message.source, message.split)
          const inner = claims.get(name)
          claims.delete(name)
          return inner === undefined ? undefined : fork(Scope.close(inner, Exit.void))
        }
        case "expect": {
          const door = doors.get(message.source)
          // Every reader looks at all there is: what lies ahead is counted by the exporter itself.
          return door === undefined || message.bytes > 0 ? undefined : fork(door.expect(message.bytes))
        }
        case "unread":
          return fork(doors.get(message.source)?.unread(message.split, message.left) ?? Effect.void)
        case "problems":
          return fork(doors.get(message.source)?.problems(message.found) ?? Effect.void)
        case "lag":
          return fork(doors.get(message.source)?.lag(message.found) ?? Effect.void)
        case "ended": {
          const { problem } = message
          return Deferred.doneUnsafe(
            ended,
            problem === undefined ? Effect.void : Effect.fail(new SourceError({ detail: problem }))
          )
        }
      }
    })
    post({
      kind: "start",
      follow,
      claimsAgain: [...doors.values()].some((door) => door.claimsAgain),
      tracks,
      busy: busyTracks()
    })
    yield* Effect.raceFirst(Deferred.await(ended), gone)
  },
  Effect.scoped,
  (serving, _, { onBusy }) => Effect.ensuring(serving, Effect.sync(onBusy))
)

const nameOf = (source: string, split: Split): string => JSON.stringify([source, split])
