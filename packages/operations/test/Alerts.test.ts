/** Who is told of an exporter in trouble, and when, while it runs. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import * as Alerts from "../src/Alerts.ts"
import { fromOutbox } from "../src/Operations.ts"
import type { Status } from "../src/Status.ts"
import { knownLane } from "./support/knownLane.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-alerts-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const key = { route: "crm", lane: "web" }
const minute = 60_000

/** A way that keeps what it takes, and takes nothing while it is out of order. */
const keeping = (name: string) => {
  const taken: Array<string> = []
  let tries = 0
  let works = true
  const way: Alerts.Way = {
    name,
    send: (exporter, alerts) =>
      Effect.suspend(() => {
        tries++
        if (!works) return Effect.fail({ message: `${name} did not take it` })
        taken.push(...alerts.map(({ kind, key }) => `${exporter} ${kind} ${key}`))
        return Effect.void
      })
  }
  return {
    way,
    taken,
    tries: () => tries,
    break: (isBroken: boolean) => {
      works = !isBroken
    }
  }
}

const watchedBy = (directory: string | undefined, ways: ReadonlyArray<Alerts.Way>): Alerts.Watched => ({
  name: "orders",
  definition: { sources: { default: Source.fromArray([]) }, routes: [] },
  store: { ...OutboxMemory.store, directory },
  thresholds: {
    noSuccessFor: minute,
    waitingFor: 60 * minute,
    unreadableFor: minute,
    unreadFor: minute,
    freeBelow: 0
  },
  ways,
  remindEvery: "1 day"
})

const waiting = Effect.gen(function* () {
  const outbox = yield* Outbox.Outbox
  return { outbox, gate: yield* knownLane(outbox) }
})

describe("alerts of a running exporter", () => {
  it.effect("go by each way by itself: one out of order is tried less and less often, and told once", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => {
      lines.push(String(message))
    })
    return Effect.gen(function* () {
      const directory = yield* folder
      const { outbox, gate } = yield* waiting
      const [hook, mail] = [keeping("webhook"), keeping("e-mail")]
      hook.break(true)
      const watched = watchedBy(directory, [hook.way, mail.way])
      // The operations answer from memory; the files of what was told are on a real disk, which no clock of a test moves.
      const operations = fromOutbox(outbox, watchedBy(undefined, []))
      const { last } = yield* Alerts.watch(watched, operations)
      // Each way has looked once, and found nothing.
      yield* TestClock.adjust("1 second")
      yield* gate(false)
      yield* last
      assert.deepStrictEqual([hook.taken, mail.taken], [[], ["orders raised closed crm/web"]])
      yield* last
      assert.deepStrictEqual([hook.tries(), mail.tries()], [2, 1])
      assert.strictEqual(lines.filter((line) => line.includes("less and less often")).length, 1)
      hook.break(false)
      yield* last
      assert.deepStrictEqual(hook.taken, mail.taken)
      assert.isTrue(lines.some((line) => line.includes("alerts by webhook arrive again")))
      yield* gate(true)
      yield* TestClock.adjust("1 second")
      yield* last
      assert.deepStrictEqual(mail.taken, ["orders raised closed crm/web", "orders healed closed crm/web"])
      assert.deepStrictEqual(readdirSync(directory).sort(), ["alerts-e-mail.json", "alerts-webhook.json"])
    }).pipe(Effect.provide([OutboxMemory.layer, Logger.layer([logger])]))
  })

  it.effect("tell once that it stopped, however often it is started and stops again", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const mail = keeping("e-mail")
      const watched = watchedBy(directory, [mail.way])
      yield* Alerts.stopped(watched, "the disk is full")
      yield* Alerts.stopped(watched, "the disk is full")
      assert.deepStrictEqual(mail.taken, ["orders raised stopped"])
    })
  )

  it.effect("tell within ten seconds what has begun and what is over, an outage after its minute", () =>
    Effect.gen(function* () {
      const { outbox } = yield* waiting
      const mail = keeping("e-mail")
      const watched = watchedBy(undefined, [mail.way])
      const operations = fromOutbox(outbox, watched)
      const well = yield* operations.status()
      const lane = {
        ...key,
        gate: { open: true, reason: "", since: 0, notBefore: 0 },
        trouble: "",
        underWay: 0
      }
      const stored = { ...key, waiting: 5, bytes: 500, oldest: undefined, gate: lane.gate }
      let standing: Status = { ...well, started: 0, lanes: [lane], stored: [stored] }
      const isWell = standing
      yield* Alerts.watch(watched, { ...operations, status: () => Effect.sync(() => standing) })
      const told: Array<string> = []
      const isTold = Effect.fnUntraced(function* (...expected: ReadonlyArray<string>) {
        yield* TestClock.adjust("10 seconds")
        told.push(...expected.map((line) => `orders ${line} crm/web`))
        assert.deepStrictEqual(mail.taken, told)
      })
      yield* isTold()
      const gate = { open: false, reason: "unauthorized", since: 10_000, notBefore: 0 }
      standing = { ...isWell, lanes: [{ ...lane, gate, trouble: "the key was refused" }] }
      yield* isTold("raised closed")
      standing = isWell
      yield* isTold("healed closed")
      standing = {
        ...isWell,
        lanes: [{ ...lane, failingSince: 30_000, reason: "no-answer", trouble: "no answer" }],
        stored: [{ ...stored, oldest: 30_000 }]
      }
      // `noSuccessFor` is a minute, of which the last ten seconds pass with the next look.
      yield* TestClock.adjust("49 seconds")
      yield* isTold()
      yield* isTold("raised no-success")
      const succeeded = { ...isWell, lanes: [{ ...lane, lastSuccess: 95_000 }] }
      const outage = standing
      // A success between failures is not the end of it: nobody is told of every turn.
      standing = succeeded
      yield* isTold()
      standing = outage
      yield* isTold()
      standing = succeeded
      yield* isTold()
      yield* isTold()
      yield* isTold()
      yield* isTold("healed no-success")
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.effect("stand in the log once each, with or without ways, and without their calm", () => {
    const lines: Array<string> = []
    const logger = Logger.map(Logger.formatStructured, ({ annotations: { event, condition }, message }) => {
      lines.push(`${event} ${condition}: ${message}`)
    })
    return Effect.gen(function* () {
      const { outbox, gate } = yield* waiting
      const watched = watchedBy(undefined, [])
      const operations = fromOutbox(outbox, watched)
      yield* Alerts.watch(watched, operations)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(lines, [])
      yield* gate(false)
      yield* TestClock.adjust("10 seconds")
      const [text] = Alerts.conditions(yield* operations.status(), 0, watched).map((one) => one.text)
      assert.deepStrictEqual(lines, [`attention-needed closed: ${text}`])
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(lines.length, 1)
      yield* gate(true)
      yield* TestClock.adjust("10 seconds")
      assert.match(lines[1]!, /^attention-over closed: lane web of route crm is open again/)
      assert.strictEqual(lines.length, 2)
    }).pipe(Effect.provide([OutboxMemory.layer, Logger.layer([logger])]))
  })

  it.effect("say that attempts fail, and log it, after five seconds, also where alerts wait for longer", () =>
    Effect.gen(function* () {
      const watched = watchedBy(undefined, [])
      const { outbox } = yield* waiting
      const well = yield* fromOutbox(outbox, watched).status()
      const gate = { open: true, reason: "", since: 0, notBefore: 0 }
      const failing = (reason: string): Status => ({
        ...well,
        started: 0,
        lanes: [{ ...key, gate, failingSince: 0, reason, trouble: "", underWay: 1 }],
        stored: [{ ...key, waiting: 5, bytes: 500, oldest: 0, gate }]
      })
      const found = (status: Status, now: number) =>
        Alerts.conditions(status, now, watched).map(({ condition }) => condition)
      assert.deepStrictEqual(found(failing("no-answer"), 4999), [])
      assert.deepStrictEqual(found(failing("no-answer"), 5000), ["no-success"])
      // A remote that asks to wait is there; one that takes long may answer.
      assert.deepStrictEqual(found(failing("throttled"), 59_999), [])
      assert.deepStrictEqual(found(failing("throttled"), minute), ["no-success"])
      const slow = failing("no-answer").lanes.map(({ failingSince: _, ...lane }) => lane)
      assert.deepStrictEqual(found({ ...failing(""), lanes: slow }, 59_999), [])
      assert.deepStrictEqual(found({ ...failing(""), lanes: slow }, minute), ["no-success"])
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.effect("are conditions of a status, for who only asks", () =>
    Effect.gen(function* () {
      const { outbox, gate } = yield* waiting
      const watched = watchedBy(undefined, [])
      const status = fromOutbox(outbox, watched).status()
      assert.deepStrictEqual(Alerts.conditions(yield* status, 0, watched), [])
      yield* gate(false)
      const found = Alerts.conditions(yield* status, 0, watched)
      assert.deepStrictEqual(
        found.map(({ condition, lane }) => [condition, lane]),
        [["closed", "web"]]
      )
    }).pipe(Effect.provide(OutboxMemory.layer))
  )
})
