/**
 * A thread that reads for an exporter: sources, decoding and preparing here; outbox, lanes and connections there.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Definition } from "../../Definition.ts"
import type { Opened } from "../../Destination.ts"
import type { Port } from "../../internal/reader.ts"
import { OutboxError } from "../../Outbox.ts"
import type { PluginError } from "../../Plugin.ts"
import { follows } from "../../Route.ts"
import type { Claim, Door } from "../intake/Door.ts"
import * as Intake from "../intake/Intake.ts"
import { knownTo } from "../intake/Known.ts"
import { selection } from "../intake/Plan.ts"
import * as Planner from "../intake/Planner.ts"
import * as Supervise from "../intake/Supervise.ts"
import {
  type Ask,
  type Crossing,
  type FromReader,
  failureOf,
  laneName,
  type Packed,
  pack,
  type ToReader,
  trackName,
  unprepared
} from "./ReaderMessages.ts"

export const serve = (
  definition: Effect.Effect<Definition, { readonly message: string }>,
  port: Port
): Effect.Effect<void> => {
  const end = (problem: string | undefined) =>
    Effect.sync(() => port.postMessage({ kind: "ended", problem } satisfies FromReader))
  return Effect.matchEffect(
    Effect.flatMap(definition, (given) => read(given, port)),
    { onSuccess: () => end(undefined), onFailure: ({ message }) => end(message) }
  )
}

/**
 * Splits that a thread has under way: enough for the round through the exporter's own thread, which answers when it has
 * done what it is at.
 */
const splitsInThread = 4

const read = Effect.fnUntraced(function* (
  definition: Definition,
  port: Port
): Effect.fn.Return<void, PluginError> {
  const started = yield* Deferred.make<Extract<ToReader, { kind: "start" }>>()
  const pending = new Map<number, (answer: Extract<ToReader, { kind: "answer" }>) => void>()
  const claims = new Map<string, Ends>()
  const opened = new Map<string, Opened>()
  let busy: ReadonlySet<string> = new Set()
  let last = 0

  const post = (message: FromReader, transfer: ReadonlyArray<ArrayBuffer> = []) =>
    port.postMessage(message, transfer)

  const open = Effect.fnUntraced(function* (name: string) {
    const route = definition.routes.find((found) => found.name === name)
    if (route !== undefined) opened.set(name, yield* route.destination.open)
  })
  for (const { name } of definition.routes) yield* open(name)

  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  // Credentials that cannot be read leave everything as it was; the exporter has told of it.
  const reopen = (name: string) => Effect.runForkWith(context)(Effect.ignore(open(name)))

  port.on("message", (given) => {
    const message = given as ToReader
    switch (message.kind) {
      case "start":
        busy = new Set(message.busy)
        return Deferred.doneUnsafe(started, Effect.succeed(message))
      case "answer":
        if (message.busy !== undefined) busy = new Set(message.busy)
        pending.get(message.id)?.(message)
        return pending.delete(message.id)
      case "lost":
      case "revoked": {
        const ends = claims.get(laneName(message.source, message.split))
        return ends === undefined ? undefined : Deferred.doneUnsafe(ends[message.kind], Effect.void)
      }
      case "reopen":
        return reopen(message.route)
    }
  })

  const doorOf = (source: string, claimsAgain: boolean): Door => {
    const ask = <A>(
      question: Ask,
      answerOf: (value: unknown) => A,
      { transfer, recycle }: Partial<Pick<Packed, "transfer" | "recycle">> = {}
    ): Effect.Effect<A, OutboxError> =>
      Effect.callback((resume) => {
        last++
        // First, since what cannot cross throws, and nobody will answer it.
        post({ kind: "ask", id: last, source, ask: question }, transfer)
        pending.set(last, ({ value, overtaken, memory = [] }) => {
          for (const ended of memory) recycle?.(ended)
          resume(
            overtaken === undefined
              ? Effect.succeed(answerOf(value))
              : Effect.fail(new OutboxError(overtaken))
          )
        })
      })
    // Only `store` is ever overtaken.
    const askSafely = <A>(question: Ask, answerOf: (value: unknown) => A) =>
      Effect.orDie(ask(question, answerOf))
    const done = () => undefined

    const claim = Effect.fnUntraced(function* (
      split: string
    ): Effect.fn.Return<Option.Option<Claim>, never, Scope.Scope> {
      const name = laneName(source, split)
      const ends: Ends = { lost: yield* Deferred.make<void>(), revoked: yield* Deferred.make<void>() }
      const after = yield* Effect.acquireRelease(askSafely({ method: "claim", split }, claimed), (given) =>
        Effect.sync(() => {
          if (given === undefined) return
          claims.delete(name)
          post({ kind: "release", source, split })
        })
      )
      if (after === undefined) return Option.none()
      claims.set(name, ends)
      return Option.some({
        after: Option.fromUndefinedOr(after.checkpoint),
        lost: Deferred.await(ends.lost),
        revoked: Deferred.await(ends.revoked)
      })
    })

    return {
      claimsAgain,
      // Waited for with the answer to `store`: one question a chunk, rather than two.
      room: Effect.void,
      full: askSafely({ method: "full" }, (value) => value === true),
      store: (planned) =>
        Effect.suspend(() => {
          const { chunk, ...given } = pack(planned)
          const store = (chunk: Crossing) => ask({ method: "store", chunk }, done, given)
          // Meta that is no plain data cannot cross; nothing has left yet.
          return Effect.catchDefect(store(chunk), (defect) =>
            isUncloneable(defect) ? store(unprepared(chunk)) : Effect.die(defect)
          )
        }),
      // Exporters with `dedupe` read in one thread.
      storeUnseen: () => Effect.die("a reading thread does not know what was seen"),
      claim,
      expect: (bytes) => Effect.sync(() => post({ kind: "expect", source, bytes })),
      unread: (split, left) => Effect.sync(() => post({ kind: "unread", source, split, left })),
      problems: (found) => Effect.sync(() => post({ kind: "problems", source, found })),
      lag: (found) => Effect.sync(() => post({ kind: "lag", source, found })),
      // The exporter itself looks through all there is, too.
      present: () => Effect.void,
      again: (error) => askSafely({ method: "again", failure: failureOf(error) }, (value) => value === true)
    }
  }

  const { claimsAgain, follow, tracks } = yield* Deferred.await(started)
  const readOne = ([name, source]: (typeof sources)[number]) => {
    const routes = definition.routes
      .filter((route) => follows(route, name))
      .map(
        (route): Planner.PlannedRoute => ({
          route,
          selected: selection(route, knownTo(route, definition.sources)),
          get opened() {
            return opened.get(route.name)!
          },
          accepts: (lane, track) => !busy.has(trackName(route.name, lane, track))
        })
      )
    const planner = Planner.make({ name, source, routes, tracks, remembers: false, clock })
    const door = doorOf(name, claimsAgain)
    // What a source cannot go on for was told by the door.
    return Effect.ignore(
      Supervise.forever({
        source,
        intake: () => Intake.make(planner, door, false),
        run: { follow, splits: splitsInThread },
        again: door.again,
        onChange: Effect.void
      })
    )
  }
  const sources = Object.entries(definition.sources).filter(([, { parallel }]) => parallel === true)
  yield* Effect.forEach(sources, readOne, { concurrency: "unbounded", discard: true })
})

/** How the claim of a split may end from outside. */
type Ends = { readonly [Kind in "lost" | "revoked"]: Deferred.Deferred<void> }

/** What came of asking for a split: nothing when another has it. */
const claimed = (value: unknown): { readonly checkpoint: string | undefined } | undefined =>
  typeof value === "object" && value !== null
    ? {
        checkpoint:
          "checkpoint" in value && typeof value.checkpoint === "string" ? value.checkpoint : undefined
      }
    : undefined

const isUncloneable = (cause: unknown): boolean => cause instanceof Error && cause.name === "DataCloneError"
