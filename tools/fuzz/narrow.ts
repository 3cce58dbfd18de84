/** Which input it is, when all that is known is that some of them are too much for the exporter. */
import type { Input } from "./input.ts"
import { type Fault, play } from "./round.ts"

/** Inputs of a round, and what was wrong with it. */
export interface Failed {
  readonly inputs: ReadonlyArray<Input>
  readonly faults: ReadonlyArray<Fault>
}

/** Halves the inputs for as long as one half fails by itself. */
export const narrow = async (failed: Failed): Promise<Failed> => {
  const { inputs } = failed
  if (inputs.length === 1) return failed
  const middle = inputs.length >> 1
  for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
    const { faults: all } = await play(half)
    const faults = all.filter(({ seed }) => seed === undefined)
    if (faults.length > 0) return narrow({ inputs: half, faults })
  }
  return failed
}
