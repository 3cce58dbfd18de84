/**
 * `npm run fuzz -- --inputs 10000 [--seed N] [--threads N] [--keep FOLDER]`: damaged and hostile files, lines and bodies
 * through the real exporter, beside neighbours nobody harmed. No defect, no hang, memory within its budget, every
 * neighbour delivered, the ledger balanced, every dead letter shown and replayed.
 *
 * An input is made of its seed alone: the first of `--seed`, the next of the number after it. Seeds that once found
 * something stand in `fuzz/seeds.json` and are always played first. What fails is written to a folder.
 */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import type { Input } from "./fuzz/input.ts"
import { make } from "./fuzz/make.ts"
import { type Failed, narrow } from "./fuzz/narrow.ts"
import { type Fault, play } from "./fuzz/round.ts"

/** So many that starting the exporter costs little, and so few that what fails is found soon. */
const perRound = 500

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: String(Math.min(4, availableParallelism())) },
    keep: { type: "string" }
  }
})

const seedsThatFound: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, "fuzz/seeds.json"), "utf8")
)

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`

/** Tells what is wrong, keeps the inputs at fault, and says how to play them again. */
const report = (faults: ReadonlyArray<Fault>, inputs: ReadonlyArray<Input>): void => {
  if (faults.length === 0) return
  for (const { what, seed } of faults.slice(0, 20))
    console.error(`${seed === undefined ? "" : `seed ${seed}: `}${what}`)
  if (faults.length > 20) console.error(`${faults.length - 20} more`)
  const named = new Set(faults.flatMap(({ seed }) => seed ?? []))
  const culprits = inputs.filter(({ seed }) => named.has(seed) || inputs.length === 1).slice(0, 20)
  if (culprits.length === 0) {
    const [first] = inputs
    console.error(`again: npm run fuzz -- --inputs ${inputs.length} --seed ${first?.seed}`)
    return
  }
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), "millrace-fuzz-kept-"))
  mkdirSync(folder, { recursive: true })
  for (const { seed, kind, way, bytes, ending = "" } of culprits) {
    const file = join(folder, `${way}-${seed}${ending}`)
    writeFileSync(file, bytes)
    console.error(`${kind}: ${file}\nagain: npm run fuzz -- --inputs 1 --seed ${seed}`)
  }
}

const main = async (): Promise<boolean> => {
  const [count = 0, first = 0, threads = 0] = [values.inputs, values.seed, values.threads].map(Number)
  if (![count, first, threads].every(Number.isSafeInteger) || count < 1 || first < 0 || threads < 1) {
    console.error("fuzz: --inputs and --threads take a whole number from 1 on, --seed one from 0 on")
    return false
  }
  const began = performance.now()
  const rounds: Array<ReadonlyArray<number>> = []
  // One input alone is played to find out about it.
  const kept = Object.keys(seedsThatFound).map(Number)
  if (count > 1 && kept.length > 0) rounds.push(kept)
  for (let at = 0; at < count; at += perRound)
    rounds.push(Array.from({ length: Math.min(perRound, count - at) }, (_, index) => first + at + index))
  const sums = { inputs: 0, delivered: 0, dead: 0, peak: 0, rounds: 0 }
  const failed: Array<Failed> = []
  const left = rounds.values()
  const work = async () => {
    for (const seeds of left) {
      if (failed.length > 0) return
      const inputs = seeds.map(make)
      const { faults, peak, delivered, dead } = await play(inputs)
      if (faults.length > 0) failed.push({ inputs, faults })
      sums.inputs += inputs.length
      sums.delivered += delivered
      sums.dead += dead
      sums.peak = Math.max(sums.peak, peak)
      console.log(`${++sums.rounds} of ${rounds.length} rounds, ${sums.inputs} inputs, ${mebibytes(peak)}`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, rounds.length) }, work))
  for (const round of failed) {
    const known = round.faults.filter(({ seed }) => seed !== undefined)
    report(known, round.inputs)
    const unknown = round.faults.filter(({ seed }) => seed === undefined)
    if (unknown.length === 0) continue
    for (const { what } of unknown.slice(0, 5)) console.error(`of some input: ${what}`)
    console.error("looking for the input, by halves")
    const { faults, inputs } = await narrow({ ...round, faults: unknown })
    report(faults, inputs)
  }
  console.log(
    `${sums.inputs} inputs, ${sums.delivered} events delivered, ${sums.dead} dead letters, at most ${mebibytes(sums.peak)}, ` +
      `${Math.round((performance.now() - began) / 1000)} s: ${failed.length === 0 ? "nothing is wrong" : "FAILED"}`
  )
  return failed.length === 0
}

process.exit((await main()) ? 0 : 1)
