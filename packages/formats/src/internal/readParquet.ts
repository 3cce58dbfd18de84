/** Parquet: row group by row group, some rows at a time, and on behind what is damaged. */

import type { Unreadable } from "@millrace/core/Codec"
import type { Event } from "@millrace/core/Event"
import { rawLimit } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Place } from "../Checkpoint.ts"
import type { Row, Rows } from "../Format.ts"
import type { Gather } from "./gather.ts"
import type { Input } from "./input.ts"
import type { Fault, Read } from "./parquetColumn.ts"
import * as Footer from "./parquetFooter.ts"
import { Inexact } from "./parquetLeaf.ts"
import * as Packing from "./parquetPacking.ts"
import * as GroupRows from "./parquetRows.ts"
import { gatherOf, type Reading, refuse, replaced, unreadAt } from "./reading.ts"

/** A row group beyond this size is read while no other large block is in memory. */
const largeGroup = 4 * 1024 * 1024

/** Reads a split from where it stands; tells what is left when it has no footer yet. */
export const readParquet = Effect.fnUntraced(function* <E extends Event>(reading: Reading<E>) {
  const { format, from, input, split } = reading
  const footer = yield* Footer.read(input, split.size)
  if (footer === "unfinished") return unreadAt(input, 0, "it is Parquet that has no footer")
  if ("reason" in footer) return yield* refuse(reading, footer.reason, footer.detail)
  const names = footer.tree.children.map(({ element }) => element.name)
  const rows =
    format.rows?.(names, split.split) ?? Result.fail({ detail: "no Parquet is read in this format" })
  if (Result.isFailure(rows)) {
    return yield* refuse(
      reading,
      format.otherwise,
      `Parquet with the columns ${list(names)}: ${rows.failure.detail}`
    )
  }
  const { mark } = footer
  if (from !== undefined && from.mark !== mark) return yield* replaced(split)
  const wanted = new Set(rows.success.columns ?? names)
  yield* expectCodecs(footer, (name) => wanted.has(name), split.label)

  const gather = gatherOf(reading, { codec: format.lines.codec.name, parameter: "" })
  const takeRow = takerOf(reading, rows.success, gather)
  const taken = from?.count ?? 0
  let before = 0
  for (const group of footer.groups) {
    const first = before
    before += group.rows
    if (before <= taken) continue
    /** Behind so many rows of the file; its byte says how much of the file is read by then. */
    const placeAt = (count: number): Place => ({
      at: group.start + Math.floor(((group.end - group.start) * (count - first)) / group.rows),
      count,
      mark
    })
    let at = Math.max(first, taken)
    const read = Effect.gen(function* () {
      if (typeof group.columns === "string") return group.columns
      const content = GroupRows.make(yield* readerOf(input, group), footer, group.columns, (name) =>
        wanted.has(name)
      )
      yield* content.skip(at - first)
      while (at < before) {
        for (const row of yield* content.next(before - at)) {
          takeRow(row, ++at)
          if (gather.isFull()) yield* gather.flush(placeAt(at))
        }
      }
      return undefined
    })
    const guarded = group.size > largeGroup ? reading.large.withPermits(1)(read) : read
    const fault = yield* Effect.catchTag(guarded, "Fault", (fault: Fault) => Effect.succeed(fault))
    if (fault !== undefined) {
      const { detail, reason } =
        typeof fault === "string" ? { detail: fault, reason: "damaged-block" as const } : fault
      yield* input.jump(group.start)
      const size = Math.min(group.end - group.start, rawLimit)
      const raw = Buffer.from((yield* input.fill(size)).subarray(0, size))
      const which = `rows ${at + 1} to ${before}, of the row group at byte ${group.start}, cannot be read`
      gather.bury({ reason, detail: `${which}: ${detail}`, position: `row ${at + 1}`, raw })
    }
    if (gather.isFull() || fault !== undefined) yield* gather.flush(placeAt(before))
  }
  yield* gather.finish({ at: split.size, count: before, mark })
  return undefined
})

/** A row group up to this size is asked for in one piece: its columns are read side by side, some of each. */
const wholeGroup = 4 * 1024 * 1024

const readerOf = Effect.fnUntraced(function* (input: Input, { end, start }: Footer.Group) {
  const fromInput: Read = (position, wanted) => Effect.flatMap(input.jump(position), () => input.fill(wanted))
  if (end - start > wholeGroup) return fromInput
  const all = Buffer.from((yield* fromInput(start, end - start)).subarray(0, end - start))
  const fromAll: Read = (position) => Effect.succeed(all.subarray(position - start))
  return fromAll
})

/** Some names, for people. */
const list = (names: ReadonlyArray<string>): string =>
  names.length > 10 ? `${names.slice(0, 10).join(", ")} and others` : names.join(", ")

/** The file stays as it is until it is written anew, or a later version reads its codec. */
const expectCodecs = (
  { groups }: Footer.Footer,
  wanted: (name: string) => boolean,
  label: string
): Effect.Effect<void, SourceError> => {
  for (const { columns } of groups) {
    if (typeof columns === "string") continue
    const unknown = columns.find(({ codec, top }) => wanted(top) && Packing.unpackerOf(codec) === undefined)
    if (unknown === undefined) continue
    const detail = `${label}: its pages are packed with ${unknown.codec}; write it anew with ${Packing.readable}`
    return Effect.fail(new SourceError({ detail }))
  }
  return Effect.void
}

/** Takes a row as the JSON of a line, or as a bad record. */
const takerOf = <E extends Event>({ format }: Reading<E>, { lineOf }: Rows, gather: Gather<E>) => {
  const decode = format.lines.codec.decoder("")
  const read = (row: Row): { readonly event: Result.Result<E, Unreadable>; readonly bytes: Buffer } => {
    const bad = inexactIn(row)
    const line = bad === undefined ? lineOf(row) : notExact(bad)
    const bytes = Buffer.from(JSON.stringify(Result.isSuccess(line) ? line.success : row))
    return { bytes, event: Result.flatMap(line, () => decode(bytes, 0, bytes.length)) }
  }
  return (row: Row, number: number): void => {
    const { bytes, event } = read(row)
    if (Result.isSuccess(event)) gather.add(event.success, bytes, 0, bytes.length)
    else gather.bury({ ...event.failure, position: `row ${number}`, raw: bytes })
  }
}

const notExact = ({ why }: Inexact) => Result.fail({ reason: "malformed", detail: `not exact: ${why}` })

const inexactIn = (value: unknown): Inexact | undefined => {
  if (typeof value !== "object" || value === null || value instanceof Date) return undefined
  if (value instanceof Inexact) return value
  for (const part of Object.values(value)) {
    const found = inexactIn(part)
    if (found !== undefined) return found
  }
  return undefined
}
