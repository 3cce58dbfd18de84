import { setTimeout } from "node:timers/promises"
import { type Launched, launch, type Program } from "./launch.ts"
import { now } from "./now.ts"
import type { Remote } from "./remote.ts"

/** How long anything may take to its first request, in milliseconds. */
const limit = 120_000

/** Milliseconds from the start of a program to its first request; then it is killed. Tells what it told until then. */
export const firstRequest = async (
  remote: Remote,
  program: Program
): Promise<{ readonly milliseconds: number; readonly told: object }> => {
  await remote.awaitProgram()
  const startedAt = now()
  const launched = launch(program)
  const firstAt = await Promise.race([arrival(remote, startedAt + limit), early(program.name, launched)])
  launched.child.kill("SIGKILL")
  return { milliseconds: firstAt - startedAt, told: await launched.told }
}

const arrival = async (remote: Remote, deadline: number): Promise<number> => {
  for (;;) {
    // When it came is noted by the server: nothing hangs on how often it is asked.
    const { firstAt } = await remote.take()
    if (firstAt > 0) return firstAt
    if (now() > deadline) throw new Error(`no request within ${limit / 1000} seconds`)
    await setTimeout(20)
  }
}

/** Fails when the program ends badly; one that ends well has sent something. */
const early = async (name: string, { told }: Launched): Promise<never> => {
  await told
  await setTimeout(1000)
  throw new Error(`${name} ended without a request`)
}
