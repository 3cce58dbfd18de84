/** Promises of every source: what becomes of what there is to read. */
import { closeSync, openSync } from "node:fs"
import { devNull } from "node:os"
import { isDeepStrictEqual } from "node:util"
import * as Codec from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import type { Chunk } from "@millrace/core/Intake"
import { rawLimit } from "@millrace/core/Intake"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Promised } from "../../Conformance.ts"
import { isKebab } from "./accounts.ts"
import * as Appended from "./appended.ts"
import * as Patience from "./patience.ts"
import { demand, eventually, type Flaw, flaw, promised, until } from "./proof.ts"
import * as SourceSubject from "./sourceSubject.ts"

export const readingPromises = <E extends Event>(
  subject: SourceSubject.SourceSubject<E>
): ReadonlyArray<Promised> => [
  promised(
    "appends every event there is, once",
    Effect.flatMap(whole(subject), ({ supplied, appended }) => completes(appended, supplied.ids))
  ),
  ...(subject.meetsBadRecords
    ? [promised("makes one bad record of each damage, and goes on behind it", buries(subject))]
    : []),
  promised("appends in chunks of bounded size", bounds(subject)),
  promised("appends events that can be read back as they were", readsBack(subject)),
  promised("closes what it opened when it is interrupted", closes(subject))
]

export interface Run<E extends Event> {
  readonly supplied: SourceSubject.Supplied<E>
  readonly appended: Appended.Appended<E>
}

/** A run in which nothing happens. */
export const whole = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const supplied = yield* subject.open
  const appended = Appended.make<E>()
  yield* SourceSubject.run(supplied, appended)
  return { supplied, appended } satisfies Run<E>
})

/** Whether exactly these events were appended, each once or, where it may repeat, at least once. */
export const completes = Effect.fnUntraced(function* <E extends Event>(
  appended: Appended.Appended<E>,
  ids: ReadonlyArray<string>,
  options: { readonly mayRepeat?: boolean } = {}
): Effect.fn.Return<void, Flaw> {
  const times = new Map<string, number>()
  for (const { id } of Appended.events(appended)) times.set(id, (times.get(id) ?? 0) + 1)
  const expected = new Set(ids)
  const missing = ids.filter((id) => !times.has(id))
  yield* demand(
    missing.length === 0,
    () => `${missing.length} of ${ids.length} events are missing, such as ${missing[0]}`
  )
  const strange = [...times.keys()].filter((id) => !expected.has(id))
  yield* demand(
    strange.length === 0,
    () => `${strange.length} events are not in the supply, such as ${strange[0]}`
  )
  const twice = [...times].filter(([, count]) => count > 1)
  yield* demand(
    options.mayRepeat === true || twice.length === 0,
    () => `${twice.length} events were appended more than once, such as ${twice[0]?.[0]}`
  )
})

const buries = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended } = yield* whole(subject)
  yield* demand(supplied.malformed > 0, () => "put a bad record among the events of the supply")
  const bad = Appended.malformed(appended)
  yield* demand(
    bad.length === supplied.malformed,
    () => `${bad.length} bad records were appended, ${supplied.malformed} are there`
  )
  for (const { detail, position, raw, reason } of bad) {
    yield* demand(isKebab(reason), () => `"${reason}" is no kebab-case name`)
    yield* demand(
      detail !== "" && position !== "",
      () => "a bad record does not say where it stands and what is wrong"
    )
    yield* demand(raw.length <= rawLimit, () => `a bad record has ${raw.length} bytes, ${rawLimit} are kept`)
  }
})

const bytesOf = <E extends Event>({ events, malformed, records }: Chunk<E>): number =>
  (records ?? Codec.encodeEvents(events)).bytes.length +
  malformed.reduce((sum, { raw }) => sum + raw.length, 0)

const bounds = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended } = yield* whole(subject)
  const { bytes, records } = subject.limits
  for (const chunk of appended.chunks) {
    const count = chunk.events.length + chunk.malformed.length
    yield* demand(count <= records, () => `a chunk holds ${count} records, ${records} are allowed`)
    const size = bytesOf(chunk)
    yield* demand(size <= bytes, () => `a chunk holds ${size} bytes of records, ${bytes} are allowed`)
  }
  if (supplied.requests !== undefined) return
  const perSplit = Map.groupBy(appended.chunks, ({ split }) => split)
  const most = Math.max(0, ...[...perSplit.values()].map(({ length }) => length))
  yield* demand(most >= 3, () => `no split makes more than ${most} chunks: give one that makes three or more`)
})

const readsBack = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const { supplied, appended } = yield* whole(subject)
  const codecs = new Map(
    [Codec.event, ...supplied.source.catalogue.codecs].map((codec) => [codec.name, codec])
  )
  for (const chunk of appended.chunks) {
    const records = chunk.records ?? Codec.encodeEvents(chunk.events)
    const codec = codecs.get(records.codec)
    if (codec === undefined) return yield* flaw(`the catalogue has no codec ${records.codec}`)
    yield* demand(
      records.ends.length === chunk.events.length,
      () => `a chunk has ${chunk.events.length} events and ${records.ends.length} records`
    )
    const decode = codec.decoder(records.parameter)
    for (const [at, event] of chunk.events.entries()) {
      const read = decode(records.bytes, records.ends[at - 1] ?? 0, records.ends[at]!)
      yield* demand(
        Result.isSuccess(read) && isDeepStrictEqual(present(read.success), present(event)),
        () => `an event (${event.type}) is another one when it is read back by ${records.codec}`
      )
    }
  }
})

/** Without the fields that are there and have no value: JSON knows none of these. */
const present = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(present)
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => (part === undefined ? [] : [[name, present(part)]]))
  )
}

/** Often enough that one thing left open each time stands out from what comes and goes. */
const rounds = 40

/** The lowest file descriptor that is free: it rises by what is left open. */
const lowestFree = Effect.sync(() => {
  const descriptor = openSync(devNull, "r")
  closeSync(descriptor)
  return descriptor
})

const closes = Effect.fnUntraced(function* <E extends Event>(subject: SourceSubject.SourceSubject<E>) {
  const supplied = yield* subject.open
  const before = yield* lowestFree
  for (let round = 0; round < rounds; round++) {
    const appended = Appended.make<E>()
    const fiber = yield* SourceSubject.start(supplied, appended, { isHeld: true })
    const begun = yield* until(() => appended.appends > 0)
    yield* demand(begun, () => `the source appended nothing within ${Patience.inSeconds(Patience.brief)}`)
    yield* SourceSubject.stop(fiber)
  }
  let left = rounds
  // What is being closed in the background has a second to end.
  const isClosed = Effect.map(lowestFree, (lowest) => {
    left = lowest - before
    return left < rounds / 2
  })
  yield* demand(
    yield* eventually(isClosed, 1000),
    () => `${left} files or connections are left open after ${rounds} runs that were interrupted`
  )
})
