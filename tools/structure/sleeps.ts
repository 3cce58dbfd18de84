/**
 * Waits of a test for time to go by: too short on a busy machine, too long on any other. One that asks again and again until
 * something holds is none (`while (!holds()) yield* Effect.sleep(5)`), nor is a party that is slow on purpose
 * (`Effect.delay`). Where nothing can be asked, the line before says why: `// Sleeps, since ...`.
 */

const sleep = /^\s*(?:return )?(?:yield\*|await) (?:Effect\.sleep|setTimeout|sleep)\(/
const reason = /^\s*\/\/ Sleeps,? \w/

/** The lines, from 1, on which a test sleeps and does not say why. */
export const sleeps = (text: string): ReadonlyArray<number> => {
  const lines = text.split("\n")
  return [...lines.keys()]
    .filter((at) => sleep.test(lines[at]!) && !reason.test(lines[at - 1] ?? ""))
    .map((at) => at + 1)
}
