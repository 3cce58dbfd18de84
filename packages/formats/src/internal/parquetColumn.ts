/** The values of one Parquet column in one row group, page by page. */
import type { SourceError } from "@millrace/core/Source"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { parquetHeader } from "hyparquet/src/column.js"
import { getMaxRepetitionLevel, isFlatColumn } from "hyparquet/src/schema.js"
import type { Column } from "./parquetFooter.ts"
import * as Page from "./parquetPage.ts"
import { Damaged } from "./parquetRuns.ts"
import { lengthOf } from "./parquetThrift.ts"

/** Why the rest of a row group cannot be read. */
export class Fault extends Data.TaggedError("Fault")<{
  readonly reason: "damaged-block" | "too-large"
  readonly detail: string
}> {}

/** What the pages of a row group that are in memory together may take. */
export interface Held {
  bytes: number
  values: number
}

/** 64 MiB of pages, and what they unpack to: eight million values take as much again. */
const heldLimit: Held = { bytes: Page.pageLimit, values: 8_000_000 }

/** A page's head, which may have the least and the greatest value in it. */
const headSizes = { usual: 16 * 1024, most: 1024 * 1024 }

export interface Cursor {
  readonly column: Column
  /** How many rows can be taken without another page. */
  readonly ready: () => number
  /** The values of so many rows that are ready. */
  readonly take: (rows: number) => ReadonlyArray<unknown>
  /** Reads the next page; `false` when there is none. Of up to `skip` rows nothing needs to be read. */
  readonly next: (skip: number) => Effect.Effect<Next, SourceError | Fault>
}

/** What became of a page: rows passed over, or some that are ready; or there is none. */
export type Next = { readonly passed: number } | "read" | "ended"

/** Bytes of the file from a position on: as many as are wanted, or all that are left, and perhaps more. */
export type Read = (position: number, wanted: number) => Effect.Effect<Buffer, SourceError>

export const make = (read: Read, column: Column, held: Held): Cursor => {
  const isFlat = isFlatColumn(column.schemaPath)
  const isRepeated = getMaxRepetitionLevel(column.schemaPath) > 0
  let position = column.start
  /** Where the page stands whose values are taken. */
  let pageAt = column.start
  let seen = 0
  let known: ReadonlyArray<unknown> | undefined
  let values = Page.none
  let at = 0
  let own = { bytes: 0, values: 0 }
  let dictionarySize = { bytes: 0, values: 0 }

  const fault = (detail: string, reason: Fault["reason"] = "damaged-block") =>
    new Fault({ reason, detail: `a page of the column ${column.name} at byte ${pageAt}: ${detail}` })

  const hold = (bytes: number, count: number): Fault | undefined => {
    held.bytes += bytes - own.bytes
    held.values += count - own.values
    own = { bytes, values: count }
    if (held.bytes <= heldLimit.bytes && held.values <= heldLimit.values) return undefined
    return fault(
      `with it, ${held.bytes} bytes and ${held.values} values would be in memory together; write the file with pages or row groups of fewer rows`,
      "too-large"
    )
  }

  const faultOf = (cause: unknown) =>
    fault(cause instanceof Damaged ? cause.message : "it cannot be unpacked")

  const isEnded = () => position >= column.end || seen >= column.values
  const ready = () => Math.max(0, values.length - at - (isRepeated && !isEnded() ? 1 : 0))

  const headAt = Effect.fnUntraced(function* () {
    const left = column.end - position
    for (let wanted = headSizes.usual; ; wanted *= 4) {
      const view = (yield* read(position, Math.min(wanted, left))).subarray(0, left)
      const length = lengthOf(view)
      if (length === "bad") return yield* fault("its head cannot be read")
      if (length !== "short") {
        const head = Result.try(() =>
          parquetHeader({ view: new DataView(view.buffer, view.byteOffset, length), offset: 0 })
        )
        return Result.isSuccess(head)
          ? { header: head.success, length }
          : yield* fault("its head cannot be read")
      }
      if (wanted >= headSizes.most || view.length < wanted) return yield* fault("its head has no end")
    }
  })

  const bodyOf = Effect.fnUntraced(function* (length: number, size: number) {
    const view = yield* read(position, length + size)
    if (view.length < length + size) return yield* fault("it ends beyond the file")
    return view.subarray(length, length + size)
  })

  const attempt = <A>(read: () => A): Effect.Effect<A, Fault> => {
    const result = Result.try(read)
    return Result.isSuccess(result) ? Effect.succeed(result.success) : Effect.fail(faultOf(result.failure))
  }

  return {
    column,
    ready,
    take: (rows) => {
      at += rows
      try {
        return values.take(rows)
      } catch (cause) {
        throw faultOf(cause)
      }
    },
    next: Effect.fnUntraced(function* (skip: number) {
      while (!isEnded()) {
        pageAt = position
        const { header, length } = yield* headAt()
        const size = header.compressed_page_size
        if (size < 0 || position + length + size > column.end) return yield* fault("its length is wrong")
        const large = Math.max(size, header.uncompressed_page_size)
        if (large > Page.pageLimit) {
          return yield* fault(
            `it has ${large} bytes; the largest that is read has ${Page.pageLimit}`,
            "too-large"
          )
        }
        if (header.type === "DICTIONARY_PAGE") {
          const count = header.dictionary_page_header?.num_values ?? 0
          dictionarySize = { bytes: header.uncompressed_page_size, values: count }
          const over = hold(dictionarySize.bytes, count)
          if (over !== undefined) return yield* over
          const body = yield* bodyOf(length, size)
          known = yield* attempt(() => Page.dictionary(column, header, body))
          position += length + size
          continue
        }
        const count = Page.countOf(header)
        if (header.type !== "DATA_PAGE" && header.type !== "DATA_PAGE_V2") {
          position += length + size
          continue
        }
        if (count < 0 || seen + count > column.values)
          return yield* fault("it has more values than its column")
        if (isFlat && count > 0 && count <= skip) {
          seen += count
          position += length + size
          return { passed: count }
        }
        const bytes = dictionarySize.bytes + header.uncompressed_page_size
        const over = hold(bytes, dictionarySize.values + (isFlat ? 0 : count))
        if (over !== undefined) return yield* over
        const before = isRepeated ? values.take(values.length - at) : []
        values = Page.none
        const body = yield* bodyOf(length, size)
        values = yield* attempt(() => Page.data(column, header, body, known, before))
        at = 0
        seen += count
        position += length + size
        const beyond = hold(bytes, dictionarySize.values + values.made)
        if (beyond !== undefined) return yield* beyond
        if (ready() > 0) return "read"
      }
      return "ended"
    })
  }
}
