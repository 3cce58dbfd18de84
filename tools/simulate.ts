/**
 * `npm run simulate -- --seeds 100000 [--from SEED] [--threads N] [--fleets]`: simulated histories of the engine, each with
 * crashes, outages and lost credentials; with `--fleets`, of several exporters over one outbox, which stand still and are cut
 * off, too. The last line tells what came of them. `--plan FILE` runs one that was kept.
 *
 * Ends with 1 when a promise was broken, and shows the smallest history found for the first failing seed.
 */
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import process from "node:process"
import { parseArgs } from "node:util"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import * as Schema from "effect/Schema"
import * as Simulation from "../packages/testing/src/Simulation.ts"

interface Share {
  readonly from: number
  readonly step: number
  readonly to: number
  readonly fleets: boolean
}

const planOf = (seed: number, fleets: boolean): Simulation.Plan =>
  fleets ? Simulation.fleetPlan(seed) : Simulation.plan(seed)

interface Failure {
  readonly seed: number
  readonly promise: Simulation.Violation["promise"]
}

/** What a thread tells now and then. */
interface Told {
  readonly histories: number
  readonly failures: ReadonlyArray<Failure>
}

const most = 1000

const runShare = ({ from, step, to, fleets }: Share, tell: (told: Told) => void): void => {
  let failures: Array<Failure> = []
  let histories = 0
  for (let seed = from; seed < to; seed += step) {
    const [violation] = Simulation.run(planOf(seed, fleets)).violations
    if (violation !== undefined) failures.push({ seed, promise: violation.promise })
    histories++
    if (histories === most || seed + step >= to) {
      tell({ histories, failures })
      histories = 0
      failures = []
    }
  }
}

const simulate = async (seeds: number, from: number, threads: number, fleets: boolean): Promise<boolean> => {
  const failures: Array<Failure> = []
  let histories = 0
  const share = (first: number) =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { from: from + first, step: threads, to: from + seeds, fleets } satisfies Share
      })
      worker.on("message", (told: Told) => {
        histories += told.histories
        failures.push(...told.failures)
        if (histories < seeds) console.log(`${histories} of ${seeds} histories, ${failures.length} failed`)
      })
      worker.on("error", reject)
      worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`))))
    })
  await Promise.all(Array.from({ length: Math.min(threads, seeds) }, (_, first) => share(first)))

  failures.sort((left, right) => left.seed - right.seed)
  const [first] = failures
  if (first !== undefined) {
    console.log(Simulation.report(Simulation.shrink(Simulation.run(planOf(first.seed, fleets)))))
    console.log(`again: npm run simulate -- --seeds 1 --from ${first.seed}${fleets ? " --fleets" : ""}`)
  }
  const broken = (promise: Failure["promise"]) =>
    failures.filter((failure) => failure.promise === promise).length
  console.log(
    `histories ${histories}, lost ${broken("at-least-once")}, unbalanced ${broken("conservation")}, ` +
      `otherwise broken ${failures.length - broken("at-least-once") - broken("conservation")}` +
      (first === undefined ? "" : `, first failing seed ${first.seed}`)
  )
  return failures.length === 0 && histories === seeds
}

const runPlan = (file: string): boolean => {
  const plan = Schema.decodeUnknownSync(Simulation.Plan)(JSON.parse(readFileSync(file, "utf8")))
  const history = Simulation.run(plan)
  const isKept = history.violations.length === 0
  console.log(isKept ? `every promise was kept; trace ${history.hash}` : Simulation.report(history))
  return isKept
}

const main = async (): Promise<boolean> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      threads: { type: "string", default: String(availableParallelism()) },
      fleets: { type: "boolean", default: false },
      plan: { type: "string" }
    }
  })
  if (values.plan !== undefined) return runPlan(values.plan)
  const [seeds = 0, from = 0, threads = 0] = [values.seeds, values.from, values.threads].map(Number)
  if (![seeds, from, threads].every(Number.isSafeInteger) || seeds < 1 || from < 0 || threads < 1) {
    console.error("simulate: --seeds and --threads take a whole number from 1 on, --from one from 0 on")
    return false
  }
  return simulate(seeds, from, threads, values.fleets)
}

if (isMainThread) process.exitCode = (await main()) ? 0 : 1
else runShare(workerData as Share, (told) => parentPort!.postMessage(told))
