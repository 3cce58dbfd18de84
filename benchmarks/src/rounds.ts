/** Interleaved rounds: A B C, A B C, so that a slow minute of the machine meets all of them. */
import type { Ground } from "./ground.ts"
import { measure, type Run } from "./measure.ts"
import type { Subject } from "./subjects.ts"

export type Runs = ReadonlyMap<Subject, ReadonlyArray<Run>>

export const run = async (
  subjects: ReadonlyArray<Subject>,
  rounds: number,
  ground: Ground,
  events: number,
  onRun: (subject: Subject, run: Run, round: number) => void
): Promise<Runs> => {
  const runs = new Map(subjects.map((subject) => [subject, [] as Array<Run>]))
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      const run = await measure(subject, ground, ground.sample(subject.input, events))
      runs.get(subject)!.push(run)
      onRun(subject, run, round)
    }
  }
  return runs
}

/**
 * Subjects that did not send what the others sent of the same input: what is left of the bytes without the two brackets
 * and the commas of each body must be the same. Each body has one more of them than it has messages.
 */
export const unequal = (runs: Runs): ReadonlyArray<string> => {
  const expected = new Map<Subject["input"], number>()
  const odd = new Set<string>()
  for (const [{ input, name }, all] of runs) {
    for (const { bytes, requests } of all) {
      const content = bytes - requests
      if (!expected.has(input)) expected.set(input, content)
      if (expected.get(input) !== content) odd.add(name)
    }
  }
  return [...odd]
}
