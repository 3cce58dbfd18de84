/**
 * The members of a gzipped file, one after another: what they unpack to, and the bytes between and behind them that are
 * no part of a whole member. What is whole is handed on whatever stands behind it.
 */
import { crc32 } from "node:zlib"
import { rawLimit } from "@millrace/core/Intake"
import type { SourceError } from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import type { Gap } from "./gap.ts"
import * as Gzip from "./gzipHeader.ts"
import * as Inflate from "./gzipInflate.ts"
import type { Window } from "./window.ts"

/** What comes next of a file: unpacked pieces, a gap, or its end. */
export type Next = ReadonlyArray<Buffer> | Gap | "whole" | "cut-off"

/** Packed bytes at a time: they may unpack to a thousand times as many. */
const pieceSize = 8 * 1024

interface Member {
  readonly inflate: Inflate.Inflate
  readonly start: number
  sum: number
  size: number
}

/** Asked again and again, tells what comes next. */
export const make = Effect.fnUntraced(function* (file: Window) {
  const scope = yield* Effect.scope
  let member: Member | undefined
  let isUnpacked = false
  /** Stands behind what was just handed on. */
  let later: Gap | undefined

  const leave = (current: Member) =>
    Effect.suspend(() => {
      member = undefined
      return current.inflate.close
    })

  const begin = Effect.fnUntraced(function* () {
    const start = file.position()
    for (let wanted = pieceSize; ; wanted *= 2) {
      const view = yield* file.fill(wanted)
      if (view.length === 0) return "whole"
      const header = Gzip.headerOf(view)
      if (header === "short" && view.length >= wanted) continue
      if (header === "short") return "cut-off"
      if (header === "bad") {
        const { end, isZero, raw } = yield* passGap(file, start, start)
        const what = isZero ? "zeros" : "what stands there is no gzip data"
        const detail = `${what} (length in bytes: ${end - start})`
        return { reason: "not-gzip", detail, start, end, raw } satisfies Gap
      }
      // Most files of many members have small ones.
      const small = wanted === pieceSize ? Inflate.whole(view.subarray(header, pieceSize)) : undefined
      file.skip(header + (small?.used ?? 0))
      isUnpacked = small !== undefined
      const pieces = small === undefined ? [] : [small.plain]
      const inflate = small === undefined ? yield* Inflate.make(scope) : Inflate.none
      member = { inflate, start, ...checksOf(pieces, { sum: 0, size: 0 }) }
      return pieces
    }
  })

  const unpack = Effect.fnUntraced(function* (current: Member) {
    const at = file.position()
    const view = yield* file.fill(pieceSize)
    const isOver = view.length === 0
    const { pieces, state, used } = isOver
      ? Inflate.over
      : yield* current.inflate.unpack(view.subarray(0, pieceSize))
    Object.assign(current, checksOf(pieces, current))
    if (state === "open" || state === "ended") {
      file.skip(used)
      isUnpacked = state === "ended"
      return pieces
    }
    // Data that is cut off takes what follows for its own, until that makes no sense, or to the file's end.
    const { end, isFound, raw } = yield* passGap(file, current.start, at)
    if (isOver && !isFound) return "cut-off"
    yield* leave(current)
    later = { reason: "damaged-gzip", detail: damaged, start: Math.min(at, end), end, raw }
    return pieces
  })

  /** Checks what was unpacked. It is handed on by then: a wrong checksum says that some of it may be wrong. */
  const finish = Effect.fnUntraced(function* (current: Member) {
    const view = yield* file.fill(Gzip.trailerSize)
    if (view.length < Gzip.trailerSize) return "cut-off"
    const isRight = view.readUInt32LE(0) === current.sum && view.readUInt32LE(4) === current.size
    const raw = Buffer.from(view.subarray(0, Gzip.trailerSize))
    const start = file.position()
    file.skip(Gzip.trailerSize)
    yield* leave(current)
    if (isRight) return []
    const detail = `the checksum of the gzip data from byte ${current.start} on is wrong: what was read of it may be, too`
    return { reason: "damaged-gzip", detail, start, end: file.position(), raw } satisfies Gap
  })

  return (): Effect.Effect<Next, SourceError> =>
    Effect.suspend((): Effect.Effect<Next, SourceError> => {
      const gap = later
      later = undefined
      if (gap !== undefined) return Effect.succeed(gap)
      return member === undefined ? begin() : isUnpacked ? finish(member) : unpack(member)
    })
})

const damaged = "the gzip data is damaged or cut off and cannot be unpacked from here on"

const checksOf = (pieces: ReadonlyArray<Buffer>, { sum, size }: Pick<Member, "sum" | "size">) => ({
  sum: pieces.reduce((before, piece) => crc32(piece, before), sum),
  size: pieces.reduce((before, piece) => (before + piece.length) % 2 ** 32, size)
})

/** Everything from `start` on up to the first member that begins behind `searched`, or to the end. */
const passGap = Effect.fnUntraced(function* (file: Window, searched: number, start: number) {
  yield* file.jump(searched)
  const kept: Array<Buffer> = []
  let room = rawLimit
  let isZero = true
  for (let from = 1; ; from = 0) {
    const view = yield* file.fill(pieceSize)
    const found = Gzip.findMember(view, from)
    const isOver = found === undefined && file.ending() !== undefined
    const taken = found ?? (isOver ? view.length : view.length - Gzip.likelySize + 1)
    const piece = view.subarray(Math.min(taken, Math.max(0, start - file.position())), taken)
    isZero &&= !piece.some((byte) => byte !== 0)
    if (room > 0) kept.push(Buffer.from(piece.subarray(0, room)))
    room -= piece.length
    file.skip(taken)
    if (found === undefined && !isOver) continue
    return { end: file.position(), isFound: found !== undefined, isZero, raw: Buffer.concat(kept) }
  }
})
