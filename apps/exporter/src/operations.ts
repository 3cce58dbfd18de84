/**
 * What commands ask of an exporter: answered by the running one through its socket, or from the outbox itself.
 */
import type { Loaded } from "@millrace/config/Config"
import * as Codec from "@millrace/core/Codec"
import * as DeadLetters from "@millrace/core/DeadLetters"
import type { Event } from "@millrace/core/Event"
import * as Exporter from "@millrace/core/Exporter"
import type { Ledger } from "@millrace/core/Ledger"
import {
  type DeadLetter,
  type DeadLetterHead,
  type GateState,
  type LaneKey,
  type LaneState,
  Outbox
} from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import type { Erased, LaneStatus, Past, Running } from "@millrace/core/Running"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as LastRun from "./lastRun.ts"
import * as Sources from "./sources.ts"
import { cut } from "./terminal.ts"
import * as Unread from "./unread.ts"

export interface Status {
  readonly ledger: Ledger
  readonly lanes: ReadonlyArray<LaneStatus>
  /** What the outbox knows of its lanes: how much waits, and since when. */
  readonly stored: ReadonlyArray<LaneState>
  /** What the sources have not read to its end. */
  readonly unread: Unread.Summary
  /** Of an exporter that does not run, as its last run left them. */
  readonly sources: ReadonlyArray<Sources.SourceState>
  /** Bytes in the outbox, and the most there may be; absent where it cannot tell. */
  /** When the running exporter began to run, in epoch milliseconds; absent for one that does not run. */
  readonly started?: number
  /** Whether it follows its sources; of one that does not, the end tells what it could not read. */
  readonly follows?: boolean
  /** Of an exporter that does not run: its last run, as far as that is known. */
  readonly lastRun?: LastRun.LastRun
  readonly usage?: { readonly bytes: number; readonly limit?: number }
}

/** An outbox that cannot tell how full it is, is no reason to tell nothing. */
const usageOf = (outbox: Outbox["Service"]): Effect.Effect<Pick<Status, "usage">> =>
  Effect.match(outbox.usage, {
    onSuccess: ({ bytes, limit }) => ({ usage: { bytes, ...(limit === undefined ? {} : { limit }) } }),
    onFailure: () => ({})
  })

/** A dead letter as it passes through the socket: its event, or, where none can be read, its record in base64. */
export interface Letter extends Omit<DeadLetter, "record"> {
  readonly record?: string
  readonly event?: Event
}

/** Some of the letters that were asked for; `after` asks for the next, absent when there are none. */
export interface Page {
  readonly letters: ReadonlyArray<Letter>
  readonly after?: number
}

/** A dead letter as it stands in a list; its event is named where it can be read. */
export interface Listed extends DeadLetterHead {
  readonly type?: string
  readonly event?: string
}

/** How many letters were found, and the first of them. */
export interface List {
  readonly total: number
  readonly letters: ReadonlyArray<Listed>
}

/** An operation failed; its message is for people. */
export interface Failed {
  readonly _tag: string
  readonly message: string
}

export interface Operations {
  readonly status: () => Effect.Effect<Status, Failed>
  /** `false` when there is no such lane. */
  readonly pause: (lane: LaneKey, paused: boolean) => Effect.Effect<boolean, Failed>
  /** The oldest `most` letters, without their records. */
  readonly listDeadLetters: (filter: DeadLetters.Filter, most: number) => Effect.Effect<List, Failed>
  /** Letters whole, as many as fit in a megabyte. */
  readonly deadLetters: (filter: DeadLetters.Filter, after: number) => Effect.Effect<Page, Failed>
  readonly replay: (filter: DeadLetters.Filter) => Effect.Effect<DeadLetters.Replayed, Failed>
  readonly purge: (filter: DeadLetters.Filter) => Effect.Effect<number, Failed>
  /** Removes all that is stored of a person for good; returns how much there was. */
  readonly erase: (user: string) => Effect.Effect<Erased, Failed>
  /** Number of events read again; they are delivered by the exporter that answers. */
  readonly replayPast: (past: Past) => Effect.Effect<number, Failed>
}

/** Bytes of letters in one answer. */
const pageBytes = 1024 * 1024

const letterOf = ({ letter, event }: DeadLetters.Found): Letter => {
  const { record, ...head } = letter
  // Whatever a codec makes of a record, it has to pass through a socket and be printed.
  return event !== undefined && Result.isSuccess(Codec.encodeEvent(event))
    ? { ...head, event }
    : { ...head, record: Buffer.from(record).toString("base64") }
}

const readPage = (
  outbox: Outbox["Service"],
  definition: Exporter.Definition,
  filter: DeadLetters.Filter,
  after: number
): Effect.Effect<Page, Failed> =>
  Effect.map(outbox.deadLetters(filter, after, pageBytes), ({ letters, ...next }) => {
    const read = DeadLetters.reader(definition)
    const found = letters.map((letter) => ({ letter, event: read(letter) }))
    return { letters: found.filter((one) => DeadLetters.isFound(filter, one)).map(letterOf), ...next }
  })

const listedOf = (head: DeadLetterHead): Listed => {
  const { id, route, lane, reason, detail, attempts, at, origin, length, kept } = head
  return { id, route, lane, reason, detail: cut(detail, longestDetail), attempts, at, origin, length, kept }
}

/** Characters of a detail that a list shows. */
const longestDetail = 2000

/** Reads the records of the letters that are listed, and of others only where the filter asks for what stands in them. */
const list = (
  outbox: Outbox["Service"],
  definition: Exporter.Definition,
  filter: DeadLetters.Filter,
  most: number
): Effect.Effect<List, Failed> =>
  Effect.gen(function* () {
    const read = DeadLetters.reader(definition)
    const letters: Array<Listed> = []
    let total = 0
    const name = (found: ReadonlyArray<DeadLetters.Found>) =>
      Effect.sync(() => {
        for (const { letter, event } of found.slice(0, most - letters.length)) {
          letters.push({
            ...listedOf(letter),
            ...(event === undefined ? {} : { type: event.type, event: event.id })
          })
        }
      })
    if (DeadLetters.isOfHeads(filter)) {
      const ids: Array<number> = []
      yield* DeadLetters.forEachHead(outbox, filter, (heads) =>
        Effect.sync(() => {
          total += heads.length
          ids.push(...heads.slice(0, most - ids.length).map(({ id }) => id))
        })
      )
      yield* DeadLetters.forEachPage(outbox, read, { ids }, name)
    } else {
      yield* DeadLetters.forEachPage(outbox, read, filter, (found) => {
        total += found.length
        return name(found)
      })
    }
    return { total, letters }
  })

/** Every lane that something was ever stored for. */
const lanesOf = ({ routes }: Ledger): ReadonlyArray<LaneKey> =>
  Object.entries(routes).flatMap(([route, { delivered, waiting }]) =>
    [...new Set([...Object.keys(delivered), ...Object.keys(waiting)])].sort().map((lane) => ({ route, lane }))
  )

const gateOf = (stored: ReadonlyArray<LaneState>, { route, lane }: LaneKey): GateState =>
  stored.find((state) => state.route === route && state.lane === lane)?.gate ?? OutboxRules.openGate

/** With nobody running: straight from the outbox. What is replayed waits for the next run. */
export const ofOutbox = (
  outbox: Outbox["Service"],
  { definition, store }: Pick<Loaded, "definition" | "store">
): Operations => ({
  status: () =>
    Effect.map(
      Effect.all([
        outbox.ledger,
        outbox.lanes,
        Unread.recall(store.directory),
        Sources.recall(store.directory),
        LastRun.recall(store.directory),
        usageOf(outbox)
      ]),
      ([ledger, stored, unread, sources, lastRun, usage]) => ({
        ...(lastRun === undefined ? {} : { lastRun }),
        ledger,
        stored,
        unread,
        sources,
        ...usage,
        lanes: lanesOf(ledger).map((key) => ({ ...key, gate: gateOf(stored, key), trouble: "", underWay: 0 }))
      })
    ),
  pause: ({ route, lane }, paused) =>
    Effect.gen(function* () {
      const stored = yield* outbox.lanes
      const found = stored.find((state) => state.route === route && state.lane === lane)
      const known = lanesOf(yield* outbox.ledger).some((key) => key.route === route && key.lane === lane)
      if (found === undefined && !known) return false
      const now = yield* Clock.currentTimeMillis
      const gate = found?.gate ?? OutboxRules.openGate
      const wanted = paused ? OutboxRules.pause(gate, now) : OutboxRules.resume(gate, now)
      if (wanted !== gate) yield* outbox.setGate({ route, lane }, wanted)
      return true
    }),
  listDeadLetters: (filter, most) => list(outbox, definition, filter, most),
  deadLetters: (filter, after) => readPage(outbox, definition, filter, after),
  replay: (filter) => DeadLetters.replay(outbox, definition, filter),
  purge: (filter) => DeadLetters.purge(outbox, definition, filter),
  erase: (user) => DeadLetters.erase(outbox, definition, user),
  replayPast: (past) =>
    Effect.scoped(
      Effect.gen(function* () {
        const before = yield* outbox.ledger
        const running = yield* Exporter.start(definition, { past })
        const { ledger } = yield* running.ended
        return (ledger.routes[past.route]?.read ?? 0) - (before.routes[past.route]?.read ?? 0)
      })
    ).pipe(Effect.provideService(Outbox, outbox))
})

/** Beside a running exporter, inside its process. */
export const ofRunning = (
  running: Running,
  outbox: Outbox["Service"],
  loaded: Pick<Loaded, "definition" | "store">,
  { started, follows }: { readonly started: number; readonly follows: boolean }
): Operations => ({
  ...ofOutbox(outbox, loaded),
  status: () =>
    Effect.map(
      Effect.all([
        running.ledger,
        running.lanes,
        outbox.lanes,
        running.progress,
        running.sources,
        usageOf(outbox)
      ]),
      ([ledger, lanes, stored, { unread }, sources, usage]) => ({
        ledger,
        lanes,
        stored,
        unread: Unread.summaryOf(unread),
        sources: Sources.statesOf(sources, unread),
        started,
        follows,
        ...usage
      })
    ),
  pause: running.pause,
  replay: running.replay,
  erase: running.erase,
  replayPast: running.replayPast
})
