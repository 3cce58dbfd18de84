/** Counts what comes out of bytes: a few of them may claim to hold a great deal, and a schema to hold itself. */
import * as Json from "@millrace/core/Json"

/** Reading any further would take longer than the bytes are worth. */
export class Exhausted extends Error {}

export interface Meter {
  /** A record begins in bytes of which so many may be worked off; `skips` when nothing of it is to be kept. */
  readonly begin: (bytes: number, isNew: boolean, skips: boolean) => void
  /** So many values more; `true` when what follows is to be passed over. Throws `Exhausted`. */
  readonly spend: (values: number) => boolean
  readonly enter: () => void
  readonly leave: () => void
  /** What of the budget the record broke, for people. */
  readonly breach: () => string | undefined
}

const { depth: deepest, values: most } = Json.budget

/** Values that hold no bytes may stand in any bytes: so many for each of them, and what one record may hold. */
const perByte = 2

export const make = (): Meter => {
  let left = 0
  let values = 0
  let depth = 0
  let isOver = false
  let isTooDeep = false
  return {
    begin: (bytes, isNew, skips) => {
      if (isNew) left = bytes * perByte + most
      values = depth = 0
      isOver = skips
      isTooDeep = false
    },
    spend: (count) => {
      left -= count
      if (left < 0) throw new Exhausted()
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
