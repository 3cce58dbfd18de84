/** The rows of a row group, some at a time. */
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { DecodedArray, SchemaTree } from "hyparquet"
import { assembleNested } from "hyparquet/src/assemble.js"
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js"
import type { Row } from "../Format.ts"
import * as Cursor from "./parquetColumn.ts"
import type { Column, Footer } from "./parquetFooter.ts"

/** Rows that are made at a time. */
const most = 1000

export interface Rows {
  /** The next rows of those that are left: some, and none at the end of the group. */
  readonly next: (left: number) => Effect.Effect<ReadonlyArray<Row>, SourceError | Cursor.Fault>
  /** Passes over rows. */
  readonly skip: (rows: number) => Effect.Effect<void, SourceError | Cursor.Fault>
}

const ended = ({ name }: Column) =>
  new Cursor.Fault({
    reason: "damaged-block",
    detail: `the column ${name} has fewer rows than the row group`
  })

/** What is taken of columns may turn out to be damaged. */
const attempt = <A>(take: () => A): Effect.Effect<A, Cursor.Fault> => {
  const taken = Result.try(take)
  if (Result.isSuccess(taken)) return Effect.succeed(taken.success)
  const { failure } = taken
  return Effect.fail(
    failure instanceof Cursor.Fault
      ? failure
      : new Cursor.Fault({ reason: "damaged-block", detail: "its lists do not fit together" })
  )
}

/** Of the columns of the table that are `wanted`. */
export const make = (
  read: Cursor.Read,
  { tree }: Pick<Footer, "tree">,
  columns: ReadonlyArray<Column>,
  wanted: (name: string) => boolean
): Rows => {
  const held: Cursor.Held = { bytes: 0, values: 0 }
  const cursors = columns.filter(({ top }) => wanted(top)).map((column) => Cursor.make(read, column, held))
  const tops = tree.children.filter(({ element }) => wanted(element.name))

  const fill = Effect.fnUntraced(function* (left: number) {
    let rows = Math.min(left, most)
    for (const cursor of cursors) {
      if (cursor.ready() === 0 && (yield* cursor.next(0)) === "ended") return yield* ended(cursor.column)
      rows = Math.min(rows, cursor.ready())
    }
    return rows
  })

  const valuesOf = (top: SchemaTree, taken: ReadonlyMap<string, ReadonlyArray<unknown>>): DecodedArray => {
    if (top.children.length === 0) return [...(taken.get(top.path.join(".")) ?? [])]
    const parts = new Map<string, DecodedArray>()
    for (const [path, values] of taken)
      if (path.startsWith(`${top.path.join(".")}.`)) parts.set(path, [...values])
    assembleNested(parts, top, DEFAULT_PARSERS)
    return parts.get(top.path.join(".")) ?? []
  }

  const rowsOf = (count: number): ReadonlyArray<Row> => {
    const taken = new Map(cursors.map((cursor) => [cursor.column.path, cursor.take(count)]))
    const made = Array.from({ length: count }, (): { [name: string]: unknown } => ({}))
    for (const top of tops) {
      const { name } = top.element
      const values = valuesOf(top, taken)
      for (let i = 0; i < count; i++) {
        const value = values[i] ?? undefined
        if (value !== undefined) set(made[i]!, name, value)
      }
    }
    return made
  }

  return {
    next: Effect.fnUntraced(function* (left) {
      if (left === 0) return []
      if (cursors.length === 0) return Array.from({ length: Math.min(left, most) }, () => ({}))
      const rows = yield* fill(left)
      return yield* attempt(() => rowsOf(rows))
    }),
    skip: Effect.fnUntraced(function* (rows) {
      for (const cursor of cursors) {
        for (let left = rows; left > 0; ) {
          const ready = Math.min(left, cursor.ready())
          yield* attempt(() => cursor.take(ready))
          left -= ready
          if (left === 0) break
          const next = yield* cursor.next(left)
          if (next === "ended") return yield* ended(cursor.column)
          if (next !== "read") left -= next.passed
        }
      }
    })
  }
}

/** An assignment to `__proto__` would change the prototype instead. */
const set = (row: { [name: string]: unknown }, name: string, value: unknown): void => {
  if (name !== "__proto__") row[name] = value
  else Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true })
}
