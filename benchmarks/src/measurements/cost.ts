/** CPU and requests per event, against the floor, of all subjects in turn. */
import type { Ground } from "../ground.ts"
import { type Measurement, mebibytes, type Row } from "../measurement.ts"
import * as Peers from "../peers.ts"
import * as Rounds from "../rounds.ts"
import { summarize } from "../statistics.ts"
import { floor, type Subject } from "../subjects.ts"

/** The floor is always among them. */
export const cost = (
  subjects: ReadonlyArray<Subject>,
  { name, title, usual }: Pick<Measurement, "name" | "title" | "usual"> = {
    name: "cost",
    title: "CPU per event",
    usual: { events: 150_000, rounds: 5 }
  }
): Measurement => ({
  name,
  title,
  of: "",
  columns: [
    { name: "cpu", head: "µs CPU per event", digits: 1 },
    { name: "best", head: "best", digits: 1 },
    { name: "ratio", head: "× floor", digits: 2 },
    { name: "bestRatio", head: "of the best", digits: 2 },
    { name: "rate", head: "events/s", digits: 0 },
    { name: "peak", head: "peak MiB", digits: 0 },
    { name: "requests", head: "requests per 1,000 events", digits: 1 }
  ],
  isLong: false,
  // One round may be unlucky, and so may be the median: what is dearer is dearer in both.
  guarded: [["ratio", "bestRatio"], ["requests"]],
  unguarded: new Set(subjects.filter(({ kind }) => kind !== "millrace").map(({ name }) => name)),
  usual,
  run: async (ground, { events, rounds }) => {
    const { missing, running } = available(subjects, ground)
    const runs = await Rounds.run(running, rounds, ground, events, ({ name }, { cpu, wall }, round) =>
      ground.say(
        `round ${round}: ${name} ${(cpu / events).toFixed(1)} µs CPU per event, ${(wall / 1000).toFixed(1)} s`
      )
    )
    const odd = Rounds.unequal(runs)
    if (odd.length > 0) throw new Error(`did not send what the others sent: ${odd.join(", ")}`)
    return { rows: rowsOf(runs, events), missing }
  }
})

const rowsOf = (runs: Rounds.Runs, events: number): ReadonlyArray<Row> => {
  const least = [...runs].find(([{ name }]) => name === floor.name)?.[1] ?? []
  return [...runs].map(([{ name, title }, all]) => {
    const { cpu, peak, rate, ratio, requests } = summarize(all, least, events)
    return {
      name,
      title,
      figures: {
        cpu: cpu.median,
        best: cpu.best,
        ratio: ratio.median,
        bestRatio: ratio.best,
        rate,
        peak: mebibytes(peak),
        requests
      }
    }
  })
}

/** Without the network there are no peers, and all else is measured. */
const available = (subjects: ReadonlyArray<Subject>, { say }: Ground) => {
  const peers = subjects.filter(({ kind }) => kind === "peer").map(({ name }) => name)
  if (peers.length === 0 || Peers.install()) return { running: subjects, missing: [] }
  if (!subjects.some(({ kind }) => kind === "millrace")) throw new Error(Peers.unreachable)
  say(`${Peers.unreachable} Going on without ${peers.join(", ")}; this table is not stored`)
  return { running: subjects.filter(({ kind }) => kind !== "peer"), missing: peers }
}
