/** Reads dead letters, page by page. */
import type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterFilter,
  DeadLetterHead,
  DeadLetterKeys,
  DeadLetterPage,
  Origin
} from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import * as Checksum from "./checksum.ts"
import type { Run } from "./client.ts"
import type { SqlFailure } from "./failure.ts"
import type { Names } from "./names.ts"
import { longs, texts } from "./parameters.ts"
import type { Statements } from "./statements.ts"

/** Letters that are looked at in one go. */
const window = 20_000

/** The most letters of a page. */
const most = 2000

/** What a filter asks, as parameters of `found` of the statements. */
const asked = (
  { ids, route, lane, reason, from, to, type, eventId, user, unread }: DeadLetterFilter,
  after: number,
  last: number
) => [
  after,
  last,
  ids === undefined ? null : longs(ids),
  route ?? null,
  lane ?? null,
  reason ?? null,
  from ?? null,
  to ?? null,
  type?.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%") ?? null,
  eventId === undefined ? null : OutboxRules.keyOfEvent(eventId),
  user === undefined ? null : OutboxRules.keyOfUser(user),
  unread ?? null
]

interface HeadRow extends Omit<DeadLetterHead, "origin">, Origin {}

interface RecordRow {
  readonly id: number
  readonly codec: number
  readonly record: Uint8Array
  readonly checksum: number
}

/** Where a look beyond an id ends, and whether more may follow. */
const endOf = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  { ids }: DeadLetterFilter,
  after: number
) {
  // These are few, and found at once.
  if (ids !== undefined) return { last: Number.MAX_SAFE_INTEGER, isEnd: true }
  const [row] = yield* run<{ last: number | null; count: number }>(sql.window, [after, window])
  return { last: row?.last ?? after, isEnd: (row?.count ?? 0) < window }
})

const page = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  filter: DeadLetterFilter,
  after: number,
  bytes: number,
  weight: (head: DeadLetterHead) => number
): Effect.fn.Return<DeadLetterPage<DeadLetterHead>, SqlFailure> {
  const { last, isEnd } = yield* endOf(run, sql, filter, after)
  const rows = yield* run<HeadRow>(sql.deadHeads, [...asked(filter, after, last), most])
  const letters: Array<DeadLetterHead> = []
  let size = 0
  for (const { source, split, position, ...row } of rows) {
    const head = { ...row, origin: { source, split, position } }
    size += OutboxRules.sizeOfHead(head) + weight(head)
    const before = letters.at(-1)
    if (before !== undefined && size > bytes) return { letters, after: before.id }
    letters.push(head)
  }
  const end = letters.at(-1)
  if (rows.length === most && end !== undefined) return { letters, after: end.id }
  return isEnd ? { letters } : { letters, after: last }
})

export const count = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  filter: DeadLetterFilter,
  after: number
): Effect.fn.Return<DeadLetterCount, SqlFailure> {
  const { last, isEnd } = yield* endOf(run, sql, filter, after)
  const [row] = yield* run<{ all: number; read: number }>(sql.countDead, asked(filter, after, last))
  const { all, read } = row ?? { all: 0, read: 0 }
  const unread = OutboxRules.asksForKeys(filter) ? all - read : 0
  return {
    letters: all - unread,
    unread,
    last: last > after ? last : undefined,
    ...(isEnd ? {} : { after: last })
  }
})

export const keepKeys = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  keys: ReadonlyArray<DeadLetterKeys>
) {
  yield* run(sql.keepKeys, [
    longs(keys.map(({ id }) => id)),
    texts(keys.map(({ type }) => type)),
    texts(keys.map((key) => OutboxRules.keysOf(key)))
  ])
})

export const heads = (run: Run, sql: Statements, filter: DeadLetterFilter, after: number, bytes: number) =>
  page(run, sql, filter, after, bytes, () => 0)

export const letters = Effect.fnUntraced(function* (
  run: Run,
  sql: Statements,
  names: Names,
  filter: DeadLetterFilter,
  after: number,
  bytes: number
): Effect.fn.Return<DeadLetterPage<DeadLetter>, SqlFailure> {
  const { letters, ...next } = yield* page(run, sql, filter, after, bytes, ({ kept }) => kept)
  const rows =
    letters.length === 0 ? [] : yield* run<RecordRow>(sql.deadRecords, [longs(letters.map(({ id }) => id))])
  yield* names.learnCodecIds(rows.map(({ codec }) => codec))
  const records = new Map(rows.map((row) => [row.id, row]))
  return {
    letters: letters.flatMap((head) => {
      const found = records.get(head.id)
      // Purged by another meanwhile.
      if (found === undefined) return []
      const { codec, record, checksum } = found
      // Bytes that are not what was written are shown, and read by nothing.
      const { name, parameter } = Checksum.holds(checksum, record)
        ? names.codecOf(codec)
        : { name: "", parameter: "" }
      return [{ ...head, record: new Uint8Array(record), codec: name, parameter }]
    }),
    ...next
  }
})
