/** Some inputs, and neighbours nobody harmed, through the exporter: what is wrong with what came of them. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Ledger from "../../packages/core/src/Ledger.ts"
import * as Random from "../../packages/events-braze/src/internal/random.ts"
import * as Command from "./command.ts"
import * as Events from "./events.ts"
import * as Ground from "./ground.ts"
import type { Input } from "./input.ts"
import * as Verdict from "./verdict.ts"

const mebibyte = 1024 * 1024

/**
 * The budget of an exporter with one source and one route; what its TypeScript sources cost on top, and what a second source
 * and a second route do, with their chunks and lanes; and the largest block that is read: one at a time is in memory as a
 * whole.
 */
const memoryLimit = (inputs: ReadonlyArray<Input>): number => {
  const largest = Math.max(0, ...inputs.map(({ block = 0 }) => block))
  return (230 + 30 + 40) * mebibyte + Math.min(64 * mebibyte, largest)
}

/** Something that is wrong; of which input, where that is known. */
export interface Fault {
  readonly what: string
  readonly seed?: number
}

export interface Outcome {
  readonly faults: ReadonlyArray<Fault>
  readonly peak: number
  readonly delivered: number
  readonly dead: number
}

const nameOf = ({ seed, ending = "" }: Input) => `input-${seed}${ending}`

/** Exit codes of a run that did what it can: all settled, dead letters, or a rest that is not read. */
const fine = new Set([0, 4, 7])

const post = async (port: number, bytes: Buffer, isGzip = false): Promise<number> => {
  const headers = {
    authorization: `Bearer ${Ground.token}`,
    "content-type": "application/json",
    ...(isGzip ? { "content-encoding": "gzip" } : {})
  }
  const body = new Uint8Array(bytes)
  const signal = AbortSignal.timeout(60_000)
  const answer = await fetch(`http://127.0.0.1:${port}/currents`, { method: "POST", headers, body, signal })
  await answer.arrayBuffer()
  return answer.status
}

/** Dead letters of a record that is too large are told to the sender instead. */
const answers = new Set([200, 413])

export const play = (inputs: ReadonlyArray<Input>): Promise<Outcome> =>
  Effect.runPromise(
    Effect.scoped(Effect.flatMap(Ground.make, (ground) => Effect.promise(() => through(ground, inputs))))
  ).catch((cause) => ({
    faults: [{ what: `the round came to no end: ${cause}` }],
    peak: 0,
    delivered: 0,
    dead: 0
  }))

const through = async (ground: Ground.Ground, inputs: ReadonlyArray<Input>): Promise<Outcome> => {
  const faults: Array<Fault> = []
  const complain = (what: string, seed?: number) =>
    faults.push(seed === undefined ? { what } : { what, seed })
  const limit = memoryLimit(inputs)
  let peak = 0
  const look = (ended: Command.Ended, name: string, codes: ReadonlySet<number>): Command.Ended => {
    peak = Math.max(peak, ended.peak)
    if (ended.isHanging) complain(`${name} hangs`)
    else if (!codes.has(ended.code ?? -1))
      complain(`${name} ended with ${ended.code}: ${ended.stderr.slice(-600)}`)
    if (ended.peak > limit)
      complain(`${name} took ${Math.round(ended.peak / mebibyte)} MiB of ${Math.round(limit / mebibyte)}`)
    const defect = /^.*(?:\bdefect\b|^\s+at ).*$/im.exec(ended.stderr)
    if (defect !== null) complain(`${name} speaks of a defect: ${defect[0].slice(0, 600)}`)
    return ended
  }
  const command = async (
    name: string,
    args: ReadonlyArray<string>,
    input?: Uint8Array,
    codes = new Set([0])
  ) => look(await Command.run(args, Ground.environment, input), name, codes)

  // What is to be delivered whatever stands beside it.
  const random = Random.make(inputs[0]?.seed ?? 0, 23)
  const alike = Events.neighbours(random, 40)
  const due = new Map<string, Input | undefined>(alike.map(({ id }) => [id, undefined]))
  const next = alike.values()
  const neighbour = () => next.next().value!.text

  const bodies = inputs.filter(({ way }) => way === "body")
  const receiver = Command.start(["run", ground.posting, "--follow", "--json"], Ground.environment)
  const [, port] = await receiver.says(/listening for Braze Currents on http:\/\/127\.0\.0\.1:(\d+)\//)
  /** Bodies that were answered 200. */
  const stored = new Set<Input>()
  const send = async (bytes: Buffer, input?: Input) => {
    try {
      const status = await post(Number(port), bytes, input?.isGzip)
      if (input === undefined ? status !== 200 : !answers.has(status))
        complain(`${input === undefined ? "a neighbour" : "a body"} was answered ${status}`, input?.seed)
      if (input === undefined || status !== 200) return
      stored.add(input)
      for (const id of input.ids) due.set(id, input)
    } catch (cause) {
      complain(`a body was not answered: ${cause}`, input?.seed)
    }
  }
  for (const [at, input] of bodies.entries()) {
    if (at % 10 === 0 && at < 100) await send(Buffer.from(`{"events":[${neighbour()}]}`))
    await send(input.bytes, input)
  }
  await send(Buffer.from(`[${neighbour()}]`))
  receiver.child.kill("SIGTERM")
  look(await receiver.ended, "run --follow", new Set([0, 3, 4]))

  const put = (name: string, bytes: Uint8Array | string) =>
    writeFileSync(join(ground.folder, "export", name), bytes)
  put("a.ndjson", `${neighbour()}\n${neighbour()}\n`)
  put("input-5.ndjson.gz", gzipSync(`${neighbour()}\n`))
  put("z.ndjson", `${neighbour()}\n`)
  const files = new Map(inputs.filter(({ way }) => way === "file").map((input) => [nameOf(input), input]))
  for (const [name, input] of files) put(name, input.bytes)
  const stream: Array<string | Buffer> = [neighbour(), "\n"]
  for (const [at, { bytes }] of inputs.filter(({ way }) => way === "line").entries())
    stream.push(bytes, "\n", ...(at % 5 === 0 && at < 50 ? [neighbour(), "\n"] : []))
  stream.push(neighbour(), "\n")
  for (const input of inputs) if (input.way !== "body") for (const id of input.ids) due.set(id, input)
  // Those that are left stand in no input.
  for (const { id } of next) due.delete(id)

  const read = await command(
    "run",
    ["run", ground.reading, "--json"],
    Buffer.concat(stream.map((part) => Buffer.from(part))),
    fine
  )
  const { ledger, unread } = Verdict.ledgerIn(read.stdout, complain)

  const [kept, taken] = [ground.kept(), ground.taken()]
  for (const [id, input] of due) {
    if (!kept.has(id))
      complain(`event ${id} was not delivered${input === undefined ? ": a neighbour" : ""}`, input?.seed)
    if (input === undefined && !taken.has(id)) complain(`neighbour ${id} did not reach mParticle`)
  }
  for (const refusal of new Set(ground.refused())) complain(`mParticle answered ${refusal.slice(0, 500)}`)

  const exported = await command("dead-letters export", ["dead-letters", "export", ground.reading])
  const letters = exported.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Verdict.Letter => JSON.parse(line))
  if (letters.length !== Ledger.total(ledger, "dead"))
    complain(`${letters.length} dead letters are exported, ${Ledger.total(ledger, "dead")} counted`)
  Verdict.judge({ letters, files, inputs, stored, unread, complain })

  await command("dead-letters list", ["dead-letters", "list", ground.reading])
  if (letters.length > 0) {
    const letter = random.pick(letters)
    await command("dead-letters show", ["dead-letters", "show", ground.reading, String(letter.id)])
    await command("dead-letters replay", ["dead-letters", "replay", ground.reading])
  }
  Verdict.ledgerIn(
    (await command("run again", ["run", ground.reading, "--json"], undefined, fine)).stdout,
    complain
  )
  await command("outbox verify", ["outbox", "verify", ground.reading])
  return { faults, peak, delivered: Ledger.total(ledger, "delivered"), dead: letters.length }
}
