/** One file: recognised by its first bytes, whatever its name says. */
import { open } from "node:fs/promises"
import type { Intake, Malformed, Checkpoint as Text } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Checkpoint from "./checkpoint.ts"
import * as Container from "./container.ts"
import { failure } from "./failure.ts"
import type { Found } from "./found.ts"
import type { CurrentsEvent } from "./gather.ts"
import * as Input from "./input.ts"
import { readAvro } from "./readAvro.ts"
import { gapAt, type Reading, refuse, replaced, unreadAt } from "./reading.ts"
import { readLines } from "./readLines.ts"

/** Reads what a checkpoint leaves of a file, and tells what of it cannot be read yet. */
export const readFile = Effect.fnUntraced(function* (
  file: Found,
  after: Option.Option<Text>,
  intake: Intake<CurrentsEvent>,
  { large, readerOf }: Pick<Reading, "large" | "readerOf">
) {
  const from = Option.isSome(after) ? Checkpoint.parse(after.value) : undefined
  if (Option.isSome(after) && from === undefined) {
    return yield* new SourceError({
      detail: `${file.path}: its checkpoint was written by another version of @millrace/source-files; use that version`
    })
  }
  if (from !== undefined && file.size < from.size) return yield* replaced(file)
  if (from?.complete && file.size === from.size) {
    yield* intake.expect(-file.size)
    return undefined
  }
  const handle = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => open(file.path), catch: failure(file.path) }),
    (handle) => Effect.promise(() => handle.close())
  )
  const input = yield* Input.open(file.path, handle, file.size)
  if (from !== undefined && !input.packed) yield* intake.expect(-from.at)
  const early: Array<Malformed> = []
  while ((yield* input.fill(1)).length === 0 && input.ending() === "broken") {
    const bad = gapAt(input, from)
    if (bad !== undefined) early.push(bad)
  }
  return yield* readAs({ file, input, intake, from, early, large, readerOf })
}, Effect.scoped)

const readAs = Effect.fnUntraced(function* (reading: Reading) {
  const { file, input } = reading
  const start = yield* input.fill(sniffed)
  if (start.subarray(0, Container.magic.length).equals(Container.magic)) return yield* readAvro(reading)
  if (file.size === 0) return undefined
  const isEmpty = start.length === 0 && input.packed && input.ending() !== "cut-off"
  if (!isEmpty && Container.magic.subarray(0, start.length).equals(start)) {
    return unreadAt(input, 0, "the file has hardly begun")
  }
  if (isEmpty || isLines(start.toString("latin1"))) return yield* readLines(reading)
  const detail = "it begins neither as an Avro file nor as JSON lines with one event each"
  return yield* refuse(reading, "not-currents", detail)
})

/** Bytes by which a file is recognised. */
const sniffed = 64 * 1024

/**
 * The first line may be a bad one, so that one further down will do: of text that is no list, or with what every event of
 * Braze has.
 */
const isLines = (start: string): boolean =>
  /^(?:\xef\xbb\xbf)?\s*(?:\{|$)/.test(start) ||
  (/^[^[\0][^\0]*$/.test(start) && start.includes("\n{")) ||
  (/[\n\r]\{\s*"/.test(start) && start.includes('"event_type"'))
