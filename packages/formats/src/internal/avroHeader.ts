/** The header of an Avro container at which the input stands, and what its blocks are read with. */
import { crc32 } from "node:zlib"
import type { Event } from "@millrace/core/Event"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { AvroRecords, Format } from "../Format.ts"
import { type Unpack, unpackerOf } from "./avroCodecs.ts"
import * as Header from "./avroFrame.ts"
import type { Window } from "./window.ts"

/** A container whose blocks can be read. */
export interface Container<out E extends Event> {
  /** Where its header stands. */
  readonly at: number
  /** Behind the header. */
  readonly length: number
  readonly sync: Buffer
  readonly reader: AvroRecords<E>
  readonly unpack: Unpack
}

/** Why they cannot. */
export interface Refused {
  readonly why: "schema" | "codec"
  readonly reason: string
  readonly detail: string
}

/** The header, with a mark by which the file is known again. */
export const read = Effect.fnUntraced(function* (input: Window) {
  for (let wanted = 16 * 1024; ; wanted *= 2) {
    const view = yield* input.fill(wanted)
    const header = Header.parseHeader(view)
    if (header === "short" && view.length >= wanted) continue
    // Behind a gap stands something else.
    if (header === "short") return input.ending() === "broken" ? "bad" : "short"
    return header === "bad" ? header : { ...header, mark: crc32(view.subarray(0, header.length)) }
  }
})

export const open = <E extends Event>(
  { codec, length, schema, sync }: Header.Header,
  at: number,
  { avro = none, otherwise }: Format<E>
): Container<E> | Refused => {
  const reader = avro(schema)
  if (Result.isFailure(reader)) {
    return { why: "schema", reason: otherwise, detail: `Avro of ${nameOf(schema)}: ${reader.failure.detail}` }
  }
  const unpack = unpackerOf(codec)
  return unpack === undefined
    ? { why: "codec", reason: "codec", detail: codec.slice(0, 100) }
    : { at, length, sync, reader: reader.success, unpack }
}

const none = () => Result.fail({ detail: "no Avro is read in this format" })

/** The name of a schema, for people. */
const nameOf = (schema: string): string => {
  const [, namespace] = /"namespace"\s*:\s*"([\w.]*)"/.exec(schema) ?? []
  const [, name] = /"name"\s*:\s*"([\w.]*)"/.exec(schema) ?? []
  return name === undefined ? "an unnamed schema" : namespace === undefined ? name : `${namespace}.${name}`
}

export interface Passed {
  readonly found: boolean
  readonly size: number
  /** What was passed, up to `kept` bytes. */
  readonly raw: Buffer
}

/**
 * Passes over bytes up to behind a sync marker, if there is one to look for, or up to the header of the next container,
 * whichever comes first. Not found is neither before the bytes end.
 */
export const pass = Effect.fnUntraced(function* (
  input: Window,
  step: number,
  kept: number,
  sync?: Buffer
): Effect.fn.Return<Passed, SourceError> {
  const pieces: Array<Buffer> = []
  let size = 0
  const take = (view: Buffer, taken: number) => {
    if (size < kept) pieces.push(Buffer.from(view.subarray(0, Math.min(taken, kept - size))))
    size += taken
    input.skip(taken)
  }
  const passed = (found: boolean): Passed => ({ found, size, raw: Buffer.concat(pieces) })
  const longest = sync?.length ?? Header.magic.length
  for (;;) {
    const view = yield* input.fill(step)
    const marker = sync === undefined ? -1 : view.indexOf(sync)
    const start = view.indexOf(Header.magic)
    if (start >= 0 && (marker < 0 || start < marker)) {
      take(view, start)
      if (typeof (yield* read(input)) === "object") return passed(true)
      take(yield* input.fill(1), 1)
      continue
    }
    const isOver = marker < 0 && input.ending() !== undefined
    take(view, marker >= 0 ? marker + longest : isOver ? view.length : view.length - longest + 1)
    if (marker >= 0 || isOver) return passed(marker >= 0)
  }
})
