/**
 * Chance from a seed, in streams with names: what one stream yields does not depend on how often another is asked, so
 * that taking one fault out of a plan leaves the others in place.
 */
export interface Chance {
  /** In [0, 1). */
  readonly next: () => number
  /** A whole number in [0, limit). */
  readonly below: (limit: number) => number
  /** A whole number in [from, to]. */
  readonly between: (from: number, to: number) => number
  readonly hit: (probability: number) => boolean
  readonly pick: <A>(choices: ReadonlyArray<A>) => A
  /** Between `from` and `to`, every order of magnitude as likely as another. */
  readonly spread: (from: number, to: number) => number
}

/** FNV-1a over UTF-16 code units. */
export const hash = (text: string, start = 0x811c9dc5): number => {
  let state = start
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return state >>> 0
}

/** The generator is mulberry32. */
export const make = (seed: number, name: string): Chance => {
  let state = hash(`${seed} ${name}`)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    between: (from, to) => from + below(to - from + 1),
    hit: (probability) => next() < probability,
    pick: (choices) => choices[below(choices.length)]!,
    spread: (from, to) => Math.round(from * (to / from) ** next())
  }
}
