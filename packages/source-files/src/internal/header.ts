/** The header of an Avro container at which the input stands, and what its blocks are read with. */
import { crc32 } from "node:zlib"
import type { SourceError } from "@millrace/core/Source"
import type { AvroRecord } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Unpack, unpackerOf } from "./compression.ts"
import * as Header from "./container.ts"
import type { Bytes } from "./window.ts"

/** A container whose blocks can be read. */
export interface Container {
  /** Where its header stands. */
  readonly at: number
  /** Behind the header. */
  readonly length: number
  readonly sync: Buffer
  readonly reader: AvroRecord.Reader
  readonly unpack: Unpack
}

/** Why they cannot. */
export interface Refused {
  readonly reason: "damaged-header" | "not-currents" | "codec"
  readonly detail: string
}

/** The header, with a mark by which the file is known again. */
export const read = Effect.fnUntraced(function* (input: Bytes) {
  for (let wanted = 16 * 1024; ; wanted *= 2) {
    const view = yield* input.fill(wanted)
    const header = Header.parseHeader(view)
    if (header === "short" && view.length >= wanted) continue
    // Behind a gap stands something else.
    if (header === "short") return input.ending() === "broken" ? "bad" : "short"
    return header === "bad" ? header : { ...header, mark: crc32(view.subarray(0, header.length)) }
  }
})

export const open = (
  { codec, length, schema, sync }: Header.Header,
  at: number,
  readerOf: (schema: string) => Result.Result<AvroRecord.Reader, AvroRecord.NotCurrents>
): Container | Refused => {
  const reader = readerOf(schema)
  if (Result.isFailure(reader)) {
    return { reason: "not-currents", detail: `Avro of ${nameOf(schema)}: ${reader.failure.detail}` }
  }
  const unpack = unpackerOf(codec)
  return unpack === undefined
    ? { reason: "codec", detail: codec.slice(0, 100) }
    : { at, length, sync, reader: reader.success, unpack }
}

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
export const pass = (
  input: Bytes,
  step: number,
  kept: number,
  sync?: Buffer
): Effect.Effect<Passed, SourceError> =>
  Effect.gen(function* () {
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
