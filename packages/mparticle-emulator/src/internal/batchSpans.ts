/** A value's place in a JSON text: its first byte and the one after its last. */
export interface Span {
  readonly start: number
  readonly end: number
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const trim = (text: Uint8Array, start: number, end: number): Span => {
  let from = start
  let to = end
  while (from < to && isSpace(text[from] ?? 0)) from += 1
  while (to > from && isSpace(text[to - 1] ?? 0)) to -= 1
  return { start: from, end: to }
}

const afterString = (text: Uint8Array, start: number): number => {
  let index = start + 1
  while (text[index] !== quote) index += text[index] === backslash ? 2 : 1
  return index + 1
}

/** The one batch of a text that is a batch. */
export const wholeSpan = (text: Uint8Array): Span => trim(text, 0, text.length)

/** The elements of a valid JSON text that is an array which is not empty. */
export const elementSpans = (text: Uint8Array): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  let depth = 0
  let start = 0
  for (let index = 0; index < text.length; ) {
    const byte = text[index] ?? 0
    if (byte === quote) {
      index = afterString(text, index)
      continue
    }
    if (isOpening(byte)) {
      depth += 1
      if (depth === 1) start = index + 1
    } else if (isClosing(byte)) {
      depth -= 1
      if (depth === 0) spans.push(trim(text, start, index))
    } else if (byte === comma && depth === 1) {
      spans.push(trim(text, start, index))
      start = index + 1
    }
    index += 1
  }
  return spans
}
