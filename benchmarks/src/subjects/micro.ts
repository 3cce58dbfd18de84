/** One small part of Millrace by itself, in rounds; `--variant` names it. */
import * as Stages from "../micro/stages.ts"
import { storing } from "../micro/store.ts"
import { tell } from "../tell.ts"
import { fail, given } from "./given.ts"

const stages: { readonly [variant: string]: Stages.Stage } = {
  read: Stages.reading,
  decode: Stages.decoding,
  assign: Stages.assigning,
  prepare: Stages.preparing,
  write: Stages.writing
}

const rounds = Number(given.rounds)

const running = async (make: Stages.Stage): Promise<ReadonlyArray<{ readonly round: number }>> => {
  const round = await make()
  // Once to get warm.
  await round()
  const costs: Array<{ readonly round: number }> = []
  for (let done = 0; done < rounds; done++) costs.push({ round: await round() })
  return costs
}

const stage = stages[given.variant]
if (given.variant === "store") tell({ costs: await storing(rounds) })
else if (stage !== undefined) tell({ costs: await running(stage) })
else fail(`there is no part ${given.variant}`)
