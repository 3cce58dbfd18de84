/** How long an event that is received waits for its first attempt, while all attempts succeed and while some fail. */
import { mkdtempSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { freePort } from "../../../tools/freePort.ts"
import * as Command from "../command.ts"
import type { Ground } from "../ground.ts"
import { compileCacheOf, launch } from "../launch.ts"
import type { Measurement, Row } from "../measurement.ts"
import * as Node from "../node.ts"
import { post } from "../post.ts"
import * as Published from "../published.ts"
import * as Sample from "../sample.ts"
import { percentile } from "../statistics.ts"

/** Events a second, and a request. */
const rate = 5000
const perRequest = 10

/** Seconds of events before those that count: the command compiles its code in them. */
const warmUp = 5

/** How long the last events may take to their first attempt, in milliseconds. */
const patience = 30_000

const token = "bench-token"

interface Waits {
  readonly waits: ReadonlyArray<number>
  readonly repeated: number
}

const row = async (ground: Ground, events: number, failing: number | undefined): Promise<Row> => {
  const name = failing === undefined ? "well" : "failing"
  const title = failing === undefined ? "all attempts succeed" : `one attempt in ${failing} is answered 503`
  const { waits, repeated } = await waitsOf(ground, events, failing)
  const figures = {
    median: percentile(waits, 50),
    p99: percentile(waits, 99),
    p999: percentile(waits, 99.9),
    longest: percentile(waits, 100),
    repeated
  }
  ground.say(`latency: ${title}: p99 ${figures.p99} ms, p99.9 ${figures.p999} ms`)
  return { name, title, figures }
}

const waitsOf = async (ground: Ground, events: number, failing: number | undefined): Promise<Waits> => {
  const { remote } = ground
  const port = await freePort()
  const work = mkdtempSync(join(ground.folder, "work-"))
  const given = { url: remote.url, input: "", work }
  const command = Command.prepare(given, { receiver: { port, token } })
  await remote.take()
  remote.order({ timing: true, ...(failing === undefined ? {} : { failing }) })
  const { child, told } = launch({
    name: "the command",
    arguments: [...Node.settings, Published.command(ground), ...command],
    work,
    compileCache: compileCacheOf(ground.folder),
    environment: Node.environment
  })
  const url = `http://127.0.0.1:${port}`
  await healthy(url)
  const sample = [...Sample.events(events + warmUp * rate)]
  const requests = Array.from({ length: Math.ceil(sample.length / perRequest) }, (_, request) =>
    sample.slice(request * perRequest, (request + 1) * perRequest)
  )
  const begun: Array<number> = []
  const { repeated } = await post(
    requests.map((events) => JSON.stringify({ events })),
    { url, token, rate: rate / perRequest, onBegun: (at) => begun.push(at) }
  )
  const arrivals = await allArrived(ground)
  child.kill("SIGTERM")
  await told
  remote.order({})
  const counted = requests.flatMap((events, request) =>
    request < (warmUp * rate) / perRequest ? [] : events.map(({ id }) => ({ id, begun: begun[request]! }))
  )
  const waits = counted.flatMap(({ id, begun }) => {
    const at = arrivals.get(String(id))
    return at === undefined ? [] : [at - begun]
  })
  // One user in twenty is anonymous.
  if (waits.length < 0.9 * counted.length) throw new Error("some events have not arrived")
  return { waits, repeated }
}

/** When each event arrived first, once no more arrive. */
const allArrived = async (ground: Ground): Promise<ReadonlyMap<string, number>> => {
  const found = new Map<string, number>()
  const deadline = Date.now() + patience
  for (let before = -1; Date.now() < deadline && before < found.size; ) {
    before = found.size
    await setTimeout(3000)
    const { arrivals } = await ground.remote.take()
    for (const [id, at] of Object.entries(arrivals)) if (!found.has(id)) found.set(id, at)
  }
  return found
}

/** Waits until the receiver receives. */
const healthy = async (url: string): Promise<void> => {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined)
    if (answer?.status === 200) return
    await setTimeout(100)
  }
  throw new Error("the receiver does not begin")
}

export const latency: Measurement = {
  name: "latency",
  title: "From receipt to the first attempt",
  of: "5,000 events a second, ten a request",
  columns: [
    { name: "median", head: "ms, median", digits: 0 },
    { name: "p99", head: "99 in 100 within", digits: 0 },
    { name: "p999", head: "999 in 1,000 within", digits: 0 },
    { name: "longest", head: "longest", digits: 0 },
    { name: "repeated", head: "requests told to come later", digits: 0 }
  ],
  isLong: false,
  guarded: [],
  usual: { events: 150_000, rounds: 1 },
  run: async (ground, { events }) => ({
    rows: [await row(ground, events, undefined), await row(ground, events, 10)]
  })
}
