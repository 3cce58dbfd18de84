/**
 * The word that somebody probably meant.
 *
 * @since 1.0.0
 */

/**
 * The known word closest to the one given; `undefined` when none of them resembles it, which is at most `most` letters away:
 * half of the word's, by default.
 *
 * @since 1.0.0
 * @category conversions
 */
export const nearest = (
  given: string,
  known: ReadonlyArray<string>,
  most: number = Math.max(1, given.length / 2)
): string | undefined =>
  known
    .map((word) => ({ word, edits: distance(given.toLowerCase(), word.toLowerCase()) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)[0]?.word

// internal

/** Edits that turn one word into the other. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const swap = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[right.length]!
}
