/** Deterministic chance: mulberry32, started from a few whole numbers. */
export interface Random {
  /** 0 <= x < 1. */
  readonly next: () => number
  /** 0 <= n < limit. */
  readonly below: (limit: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(items: ReadonlyArray<A>) => A
  readonly hex: (digits: number) => string
  readonly uuid: () => string
}

const mix = (a: number, b: number): number => {
  let hash = Math.imul(a ^ (b + 0x9e3779b9), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

export const make = (...seeds: ReadonlyArray<number>): Random => {
  let state = seeds.reduce(mix, 0x6d696c6c)
  const word = () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return (value ^ (value >>> 14)) >>> 0
  }
  const next = () => word() / 2 ** 32
  const below = (limit: number) => Math.floor(next() * limit)
  const hex = (digits: number) => {
    let text = ""
    while (text.length < digits) text += word().toString(16).padStart(8, "0")
    return text.slice(0, digits)
  }
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)]!,
    hex,
    uuid: () => {
      const text = hex(32)
      const variant = "89ab"[Number.parseInt(text[16]!, 16) & 3]!
      return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-${variant}${text.slice(17, 20)}-${text.slice(20)}`
    }
  }
}
