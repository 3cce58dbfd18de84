/**
 * `npm run bench`: measures Millrace against a bare loop and its peers, and writes the tables into the README.
 */
import { mkdtempSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import * as Compare from "./compare.ts"
import { figures } from "./figures.ts"
import * as Ground from "./ground.ts"
import { machine } from "./machine.ts"
import { measure } from "./measure.ts"
import type { Measured, Measurement } from "./measurement.ts"
import { measurements } from "./measurements.ts"
import * as Options from "./options.ts"
import * as Peers from "./peers.ts"
import * as Profile from "./profile.ts"
import * as Readme from "./readme.ts"
import * as Results from "./results.ts"

const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const keep = (measurement: Measurement, measured: Measured): void => {
  const { events, missing = [], rounds, rows } = measured
  if (missing.length > 0) return
  const results = Results.store(measurement.name, {
    day: new Date().toISOString().slice(0, 10),
    command: ["npm run bench", ...process.argv.slice(2)].join(" ").replace("bench ", "bench -- "),
    machine: machine(),
    events,
    rounds,
    rows
  })
  Readme.write(measurements, results)
}

const measureAll = async (options: Options.Options, ground: Ground.Ground): Promise<void> => {
  const stored = Results.read()
  if (options.compares) Compare.expectStored(options.measurements, stored, options.events)
  let grown = 0
  for (const measurement of options.measurements) {
    const before = options.compares ? stored[measurement.name] : undefined
    const extent = {
      // A run is held against one of as many events: a short one is mostly its start.
      events: options.events ?? before?.events ?? measurement.usual.events,
      rounds: options.rounds ?? measurement.usual.rounds
    }
    const measured = { ...extent, ...(await measurement.run(ground, extent)) }
    print(`\n## ${measurement.title}\n\n${figures(measurement, measured.rows)}`)
    if (options.saves) keep(measurement, measured)
    if (before === undefined) continue
    const comparison = Compare.compare(measurement, before.rows, measured.rows)
    for (const line of Compare.report(measurement.name, comparison)) Ground.say(line)
    grown += comparison.grown.length
  }
  if (!options.compares) return
  Ground.say(`${grown === 0 ? "nothing" : grown} grew by more than ${100 * Compare.tolerance} %`)
  if (grown > 0) process.exitCode = 1
}

const profile = async (options: Options.Options, ground: Ground.Ground): Promise<void> => {
  const { events = measurements[0]!.usual.events } = options
  if (options.subjects.some(({ kind }) => kind === "peer") && !Peers.install())
    throw new Error(Peers.unreachable)
  for (const subject of options.subjects) {
    const profiles = mkdtempSync(join(ground.folder, "profile-"))
    const input = ground.sample(subject.input, events)
    await measure(subject, ground, input, { flags: ["--cpu-prof", "--cpu-prof-dir", profiles] })
    print(`## ${subject.title}\n\n${Profile.report(profiles, events)}\n`)
  }
}

try {
  const options = Options.read(process.argv.slice(2))
  const ground = await Ground.open({ isPublished: !options.profiles })
  await (options.profiles ? profile : measureAll)(options, ground)
  ground.remote.stop()
} catch (cause) {
  Ground.say(cause instanceof Error ? cause.message : String(cause))
  process.exit(1)
}
