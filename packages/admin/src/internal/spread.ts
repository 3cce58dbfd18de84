/** How long many things took, in little memory: counted by steps of a fifth from a millisecond to some minutes. Pure. */

export type Spread = Uint32Array

const step = 1.2
const steps = 72

const placeOf = (millis: number): number =>
  Math.min(steps - 1, Math.max(0, Math.ceil(Math.log(Math.max(1, millis)) / Math.log(step))))

export const make = (): Spread => new Uint32Array(steps)

export const add = (spread: Spread, millis: number): void => {
  const place = placeOf(millis)
  spread[place] = (spread[place] ?? 0) + 1
}

export const sum = (all: ReadonlyArray<Spread>): Spread => {
  const total = make()
  for (const one of all)
    for (const [place, count] of one.entries()) total[place] = (total[place] ?? 0) + count
  return total
}

/** What this part of them took at most, in milliseconds: the middle of a step. */
export const part = (spread: Spread, share: number): number => {
  const all = spread.reduce((total, count) => total + count, 0)
  let seen = 0
  for (const [place, count] of spread.entries()) {
    seen += count
    if (seen >= all * share) return Math.max(1, Math.round(step ** (place - 0.5)))
  }
  return 0
}
