/**
 * Reads splits that are bytes, each from its checkpoint on: files, objects of a store, whatever can be read from the
 * front. Every chunk is durable with its checkpoint before the next is made.
 *
 * What a split holds is told by its first bytes: Avro, lines of JSON, either of them gzipped, or Parquet. A damaged block or
 * line becomes one dead letter and costs nothing around it. A split that ends too early is read up to there, and from there on
 * when it has grown.
 *
 * @since 1.0.0
 */
import type { Event } from "@millrace/core/Event"
import type { Intake, Malformed, Checkpoint as Text, Unread } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import type { ByteSplit } from "./Bytes.ts"
import * as Checkpoint from "./Checkpoint.ts"
import type { Format } from "./Format.ts"
import * as Frame from "./internal/avroFrame.ts"
import * as AvroHeader from "./internal/avroHeader.ts"
import * as Input from "./internal/input.ts"
import * as Parquet from "./internal/parquetMagic.ts"
import { readAvro } from "./internal/readAvro.ts"
import { gapAt, type Reading, refuse, replaced, unreadAt } from "./internal/reading.ts"
import { readLines } from "./internal/readLines.ts"
import { remember } from "./internal/schemas.ts"

/**
 * What a reader reads with.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options<E extends Event> {
  /** The package of the source, for errors: it wrote the checkpoints. */
  readonly plugin: string
  readonly format: Format<E>
  readonly intake: Pick<Intake<E>, "append" | "expect">
}

/**
 * The reader of a source's splits, also of several at a time: of blocks beyond 4 MiB one is in memory.
 *
 * @since 1.0.0
 * @category models
 */
export interface SplitReader {
  /**
   * Reads what the checkpoint leaves of a split, and tells what of it cannot be read yet. To be called by whoever has claimed
   * the split.
   */
  readonly read: (
    split: ByteSplit,
    after: Option.Option<Text>
  ) => Effect.Effect<Unread | undefined, SourceError>
}

/**
 * A reader for one run of a source.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = <E extends Event>({ plugin, format, intake }: Options<E>): Effect.Effect<SplitReader> =>
  Effect.map(Semaphore.make(1), (large) => {
    const known = remember(format)

    const readOn = Effect.fnUntraced(function* (split: ByteSplit, stored: Checkpoint.Stand | undefined) {
      const input = yield* Input.open(yield* split.open, split.size)
      const isKnown = stored === undefined || stored.tag === split.tag
      const from = isKnown || (yield* isWrittenAgain(split, input, stored)) ? stored : undefined
      if (from !== undefined && !input.packed) yield* intake.expect(-from.at)
      const early: Array<Malformed> = []
      while ((yield* input.fill(1)).length === 0 && input.ending() === "broken") {
        const bad = gapAt(input, from)
        if (bad !== undefined) early.push(bad)
      }
      return yield* readAs({ split, input, intake, from, early, large, format: known })
    }, Effect.scoped)

    return {
      read: Effect.fnUntraced(function* (split, after) {
        const from = Option.isSome(after) ? Checkpoint.parse(after.value) : undefined
        if (Option.isSome(after) && from === undefined) {
          return yield* new SourceError({
            detail: `${split.label}: its checkpoint was written by another version of ${plugin}; use that version`
          })
        }
        const isTagged = split.tag !== undefined && from?.tag !== split.tag
        if (from !== undefined && split.size < from.size && !isTagged) return yield* replaced(split)
        if (from?.complete && split.size === from.size && !isTagged) {
          yield* intake.expect(-split.size)
          return undefined
        }
        return yield* readOn(split, from)
      })
    }
  })

// internal

/** Whether a split with another tag than before is what was read, or has grown: the sync marker of an Avro header is chance. */
const isWrittenAgain = Effect.fnUntraced(function* (
  { size }: ByteSplit,
  input: Input.Input,
  from: Checkpoint.Stand
) {
  if (size < from.size || !Frame.begins(yield* input.fill(sniffed))) return false
  const header = yield* AvroHeader.read(input)
  return typeof header === "object" && header.mark === from.mark
})

const readAs = Effect.fnUntraced(function* <E extends Event>(reading: Reading<E>) {
  const { split, input, format } = reading
  const start = yield* input.fill(sniffed)
  if (Frame.begins(start)) return yield* readAvro(reading)
  if (start.length >= Parquet.magic.length && Parquet.begins(start)) {
    const { readParquet } = yield* Effect.promise(() => import("./internal/readParquet.ts"))
    return yield* readParquet(reading)
  }
  if (split.size === 0) return undefined
  const isEmpty = start.length === 0 && input.packed && input.ending() !== "cut-off"
  if (!isEmpty && (Frame.magic.subarray(0, start.length).equals(start) || Parquet.begins(start))) {
    return unreadAt(input, 0, "the file has hardly begun")
  }
  if (isEmpty || isLines(start.toString("latin1"), format)) return yield* readLines(reading)
  const detail = "it begins neither as an Avro or Parquet file nor as JSON lines with one event each"
  return yield* refuse(reading, format.otherwise, detail)
})

/** Bytes by which a split is recognised. */
const sniffed = 64 * 1024

/**
 * The first line may be a bad one, so that one further down will do: of text that is no list, or with what every event of
 * the format has.
 */
const isLines = <E extends Event>(start: string, { lines: { signature } }: Format<E>): boolean =>
  /^(?:\xef\xbb\xbf)?\s*(?:\{|$)/.test(start) ||
  (/^[^[\0][^\0]*$/.test(start) && start.includes("\n{")) ||
  (signature !== undefined && /[\n\r]\{\s*"/.test(start) && start.includes(signature))
