/** The plans of one history that differ in where its process dies: at every hook and after every step of every life. */

import { run } from "./history.ts"
import type { History, Setup } from "./model.ts"
import type { Plan } from "./plan.ts"

const never: Plan["crashes"][number] = { at: { hook: 1_000_000_000 }, down: 0 }

export function* crashPoints(plan: Plan, setup: Setup): Generator<Plan> {
  const calm = { ...plan, crashes: [] }
  const whole: History = run(calm, setup)
  for (const [life, { hooks, steps }] of whole.lives.entries()) {
    const dying = (at: Plan["crashes"][number]["at"]): Plan => ({
      ...calm,
      crashes: [...Array.from({ length: life }, () => never), { at, down: 2000 }]
    })
    for (let hook = 1; hook <= hooks; hook++) yield dying({ hook })
    for (let step = 1; step <= steps; step++) yield dying({ step })
  }
}
