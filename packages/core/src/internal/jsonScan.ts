/** Finds where JSON values end, byte by byte: nothing is parsed, and nothing grows with the input. */

/** What one record may hold: see `Json.budget`, which hands it on. */
export const budget = {
  bytes: 8 * 1024 * 1024,
  depth: 100,
  values: 100_000,
  items: 20_000
} as const

/** Where a value ends, or why it has no end. `values` counts it and all in it; `depth` how deep they stand. */
export interface Scanned {
  readonly kind: "whole" | "damaged" | "cut-off"
  /** Behind the value; of a damaged one, the first byte that fits no JSON. */
  readonly end: number
  readonly values: number
  readonly depth: number
}

export const quote = 0x22
const backslash = 0x5c
export const comma = 0x2c
export const colon = 0x3a
export const openArray = 0x5b
export const closeArray = 0x5d
export const openObject = 0x7b
export const closeObject = 0x7d

/** What a byte may begin or be part of. */
const other = 0
const white = 1
const text = 2
const opening = 3
const closing = 4
const between = 5
const scalar = 6

const kinds = new Uint8Array(256)
for (const byte of Buffer.from(" \t\n\r")) kinds[byte] = white
for (const byte of Buffer.from("+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
  kinds[byte] = scalar
kinds[quote] = text
kinds[openArray] = kinds[openObject] = opening
kinds[closeArray] = kinds[closeObject] = closing
kinds[comma] = kinds[colon] = between

/** The first byte at or behind `at` that is no white space. */
export const skipWhite = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start
  while (at < end && kinds[bytes[at]!] === white) at++
  return at
}

/** A byte order mark is no part of what follows. */
export const skipMark = (bytes: Uint8Array, start: number, end: number): number =>
  end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf
    ? start + 3
    : start

/** Behind the text whose opening quote stands at `start`; `~at` for a raw control byte, `end + 1` for none. */
export const textEnd = (bytes: Uint8Array, start: number, end: number): number => {
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at]!
    if (byte === quote) return at + 1
    if (byte === backslash) at++
    else if (byte < 0x20) return ~at
  }
  return end + 1
}

/**
 * The value that begins at `start`, which is no white space. Looks at brackets and texts alone: that a value is whole
 * does not mean that it parses.
 */
export const scan = (bytes: Uint8Array, start: number, end: number): Scanned => {
  // Which bracket closes each level; beyond the budget a level is counted and no more.
  const open: Array<number> = []
  let depth = 0
  let deepest = 0
  let values = 0
  const found = (kind: Scanned["kind"], at: number): Scanned => ({ kind, end: at, values, depth: deepest })
  for (let at = start; at < end; ) {
    const byte = bytes[at]!
    switch (kinds[byte]!) {
      case white:
        at++
        continue
      case text:
        values++
        at = textEnd(bytes, at, end)
        if (at < 0) return found("damaged", ~at)
        if (at > end) return found("cut-off", end)
        break
      case opening:
        values++
        if (depth < budget.depth) open[depth] = byte + 2
        depth++
        if (depth > deepest) deepest = depth
        at++
        continue
      case closing:
        if (depth === 0) return found("damaged", at)
        depth--
        if (depth < budget.depth && open[depth] !== byte) return found("damaged", at)
        at++
        break
      case between:
        if (depth === 0) return found("damaged", at)
        // A text before a colon is a name.
        if (byte === colon) values--
        at++
        continue
      case scalar:
        values++
        for (at++; at < end && kinds[bytes[at]!] === scalar; ) at++
        break
      case other:
        return found("damaged", at)
    }
    if (depth === 0) return found("whole", at)
  }
  return found("cut-off", end)
}
