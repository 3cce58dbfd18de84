/** Finds where an object ends, and stops at the first byte that cannot stand there: what follows is not for it to take. */
import * as Scan from "./jsonScan.ts"

export interface Span {
  readonly kind: "whole" | "damaged" | "cut-off"
  /** Behind the object; of a damaged one, the first byte that cannot stand where it stands. */
  readonly end: number
}

/** What may come next. */
const value = 0
const valueOrClose = 1
const name = 2
const nameOrClose = 3
const colon = 4
const commaOrClose = 5

/** The brackets that are open, the innermost last. */
const makeStack = () => {
  let open = new Uint8Array(64)
  let depth = 0
  return {
    push: (bracket: number): void => {
      if (depth === open.length) {
        const larger = new Uint8Array(depth * 2)
        larger.set(open)
        open = larger
      }
      open[depth++] = bracket
    },
    /** Closes the innermost; `false` when it is another. */
    pop: (bracket: number): boolean => depth > 0 && open[--depth] === bracket - 2,
    top: (): number | undefined => (depth === 0 ? undefined : open[depth - 1])
  }
}

const isScalar = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2b ||
  byte === 0x2d ||
  byte === 0x2e ||
  byte === 0x45

/** The object whose bracket stands at `start`. Names, brackets and what is between are looked at, numbers and words are not. */
export const ofObject = (bytes: Uint8Array, start: number, end: number): Span => {
  const stack = makeStack()
  let next = value
  for (let at = start; ; ) {
    at = Scan.skipWhite(bytes, at, end)
    if (at >= end) return { kind: "cut-off", end }
    const byte = bytes[at]!
    const isValueNext = next === value || next === valueOrClose
    if (byte === Scan.quote && next !== colon && next !== commaOrClose) {
      const behind = Scan.textEnd(bytes, at, end)
      if (behind < 0) return { kind: "damaged", end: ~behind }
      if (behind > end) return { kind: "cut-off", end }
      next = isValueNext ? commaOrClose : colon
      at = behind
    } else if (isValueNext && (byte === Scan.openObject || byte === Scan.openArray)) {
      stack.push(byte)
      next = byte === Scan.openObject ? nameOrClose : valueOrClose
      at++
    } else if (isValueNext && isScalar(byte)) {
      while (at < end && isScalar(bytes[at]!)) at++
      next = commaOrClose
    } else if (next === colon && byte === Scan.colon) {
      next = value
      at++
    } else if (next === commaOrClose && byte === Scan.comma) {
      next = stack.top() === Scan.openObject ? name : value
      at++
    } else if (
      (next === commaOrClose || next === nameOrClose || next === valueOrClose) &&
      (byte === Scan.closeObject || byte === Scan.closeArray) &&
      stack.pop(byte)
    ) {
      next = commaOrClose
      at++
      if (stack.top() === undefined) return { kind: "whole", end: at }
    } else return { kind: "damaged", end: at }
  }
}
