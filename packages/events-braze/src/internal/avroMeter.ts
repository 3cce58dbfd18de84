/** Counts what comes out of bytes: a few of them may claim to hold a great deal, and a schema to hold itself. */
import * as Json from "@millrace/core/Json"

/** Reading any further would take longer than the bytes are worth. */
export class Exhausted extends Error {}

/** What has come out of some bytes so far. Records of other bytes may be read in between. */
export interface Tally {
  /** Where the first of the records starts that are counted. */
  base: number
  values: number
}

export interface Meter {
  /** A record begins, of bytes of which so much was read; `skips` when nothing of it is to be kept. */
  readonly begin: (tally: Tally, skips: boolean) => void
  /** So many values more, read up to `at`; `true` when what follows is to be passed over. Throws `Exhausted`. */
  readonly spend: (values: number, at: number) => boolean
  readonly enter: () => void
  readonly leave: () => void
  /** What of the budget the record broke, for people. */
  readonly breach: () => string | undefined
}

const { depth: deepest, values: most } = Json.budget

/** Values that take no bytes may stand in any bytes: so many for each of them, and so many beside. */
const perByte = 2
const beside = 10 * most

export const make = (): Meter => {
  let tally: Tally = { base: 0, values: 0 }
  let values = 0
  let depth = 0
  let isOver = false
  let isTooDeep = false
  return {
    begin: (of, skips) => {
      tally = of
      values = depth = 0
      isOver = skips
      isTooDeep = false
    },
    spend: (count, at) => {
      tally.values += count
      if (tally.values > beside + perByte * (at - tally.base)) throw new Exhausted()
      values += count
      if (values > most) isOver = true
      return isOver
    },
    enter: () => {
      if (++depth > deepest) isOver = isTooDeep = true
    },
    leave: () => {
      depth--
    },
    breach: () =>
      isTooDeep
        ? `nested deeper than ${deepest} levels`
        : values > most
          ? `too full: it holds more than ${most} values`
          : undefined
  }
}
