/** What needs somebody's attention, and what is told of it when. */
import { assert, describe, it } from "@effect/vitest"
import type { GateState } from "@millrace/core/Outbox"
import { type Condition, conditionsOf, type Limits } from "../src/internal/conditions.ts"
import { due, dueAtStop, nothingTold } from "../src/internal/due.ts"
import type { Source, Status } from "../src/Status.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const open: GateState = { open: true, reason: "", since: 0, notBefore: 0 }
const refused: GateState = { open: false, reason: "unauthorized", since: 5 * hour, notBefore: 0 }

const thresholds = { noSuccessFor: minute, waitingFor: hour, unreadableFor: 1000, unreadFor: 10 * minute }
const limits: Limits = {
  retentionOf: () => 7 * day,
  shareOf: () => undefined,
  failingFor: minute,
  thresholds
}

interface Changes {
  readonly lane?: Partial<Status["lanes"][number]>
  readonly stored?: Partial<Status["stored"][number]>
  readonly expired?: number
  readonly sources?: Status["sources"]
  readonly usage?: Status["usage"]
  readonly disk?: Status["disk"]
  readonly dead?: number
}

/** An exporter with one lane, open and well unless it is changed. */
const status = ({
  lane,
  stored,
  expired = 0,
  dead = 0,
  sources = [],
  usage,
  disk
}: Changes = {}): Status => ({
  ledger: {
    routes: {
      crm: {
        read: 0,
        filtered: {},
        skipped: {},
        delivered: {},
        waiting: {},
        dead: { ...(expired > 0 ? { expired } : {}), ...(dead > 0 ? { "bad-request": dead } : {}) }
      }
    }
  },
  lanes: [{ route: "crm", lane: "ios", gate: open, trouble: "", underWay: 0, ...lane }],
  stored: [
    {
      route: "crm",
      lane: "ios",
      waiting: 1234,
      bytes: 900,
      oldest: undefined,
      gate: lane?.gate ?? open,
      ...stored
    }
  ],
  unread: { splits: 0, first: [] },
  sources,
  started: 0,
  ...(usage === undefined ? {} : { usage }),
  ...(disk === undefined ? {} : { disk })
})

const refusing = status({
  lane: { gate: refused, trouble: "the key was refused" },
  stored: { oldest: 5 * hour }
})
const failing = (now: number, changes: Changes = {}) =>
  status({
    ...changes,
    lane: { failingSince: hour, reason: "no-answer", trouble: "planted words", ...changes.lane },
    stored: { oldest: now - 10 * minute, ...changes.stored }
  })
const keysOf = (found: ReadonlyArray<Condition>) => found.map(({ key }) => key)
const textOf = (found: ReadonlyArray<Condition>) => found.map(({ text }) => text).join("\n")

describe("conditions", () => {
  it("name a closed lane, the reason and how much waits, and not what the remote said", () => {
    const found = conditionsOf(refusing, 5.5 * hour, limits)
    assert.deepStrictEqual(keysOf(found), ["closed crm/ios"])
    assert.include(
      textOf(found),
      "closed (unauthorized) since 1970-01-01T05:00:00.000Z; 1,234 events wait and are kept; the key was refused; give a valid one"
    )
    const one = status({ lane: { gate: refused }, stored: { oldest: 5 * hour, waiting: 1 } })
    assert.include(textOf(conditionsOf(one, 5.5 * hour, limits)), "; 1 event waits and is kept; ")
    const [{ route, lane, count, since } = {}] = found
    assert.deepStrictEqual([route, lane, count, since], ["crm", "ios", 1234, 5 * hour])
  })

  it("tell of a lane without success within minutes, why, and what to do, and of none that waits for nothing", () => {
    const at = (now: number, changes?: Changes) => conditionsOf(failing(2 * hour, changes), now, limits)
    const success = 2 * hour
    const lane = { lastSuccess: success }
    assert.deepStrictEqual(keysOf(at(success + 59_000, { lane })), [])
    const found = at(success + 61_000, { lane })
    assert.deepStrictEqual(keysOf(found), ["no-success crm/ios"])
    assert.include(textOf(found), "lane ios of route crm has had no success for 1m 1s (no-answer)")
    assert.include(textOf(found), "cannot be reached")
    assert.notInclude(textOf(found), "planted")
    assert.strictEqual(found[0]?.since, success)
    assert.deepStrictEqual(keysOf(at(success + 61_000, { lane, stored: { waiting: 0 } })), [])
    const paused: GateState = { ...refused, reason: "paused" }
    assert.deepStrictEqual(keysOf(at(success + 61_000, { lane: { ...lane, gate: paused } })), [])
    // An attempt that hangs is no failure yet.
    const { failingSince: _, ...hanging } = status({ lane: { ...lane, underWay: 1 } }).lanes[0]!
    const hung = { ...status({ stored: { oldest: hour } }), lanes: [hanging] }
    assert.include(keysOf(conditionsOf(hung, success + 61_000, limits)), "no-success crm/ios")
  })

  it("tell of events that wait for long, and that retention nears at half of it and at nine tenths", () => {
    const at = (now: number) =>
      conditionsOf(status({ stored: { oldest: 0 } }), now, limits).map(({ key, level }) => [key, level])
    assert.deepStrictEqual(at(59 * minute), [])
    assert.deepStrictEqual(at(3 * day), [["late crm/ios", undefined]])
    assert.deepStrictEqual(at(4 * day), [
      ["late crm/ios", undefined],
      ["retention crm/ios", 0.5]
    ])
    assert.deepStrictEqual(at(6.5 * day)[1], ["retention crm/ios", 0.9])
  })

  it("tell of an outbox that is nearly full, and say nothing of an operator's own pause", () => {
    const lane = { gate: { ...refused, reason: "paused" } }
    const full = (bytes: number) =>
      keysOf(conditionsOf(status({ lane, usage: { bytes, limit: 100 } }), 0, limits))
    assert.deepStrictEqual(full(79), [])
    assert.deepStrictEqual(full(85), ["outbox-full"])
  })

  it("tell of a disk before it is full: below a bound, or a twentieth of it and at most 1 GiB", () => {
    const gibibyte = 1024 ** 3
    const of = (bytes: number, free: number, freeBelow?: number) =>
      keysOf(
        conditionsOf(status({ disk: { bytes, free } }), 0, {
          ...limits,
          thresholds: { ...thresholds, ...(freeBelow === undefined ? {} : { freeBelow }) }
        })
      )
    assert.deepStrictEqual(of(1000 * gibibyte, gibibyte), [])
    assert.deepStrictEqual(of(1000 * gibibyte, gibibyte - 1), ["disk-full"])
    assert.deepStrictEqual(of(gibibyte, Math.ceil(gibibyte / 20)), [])
    assert.deepStrictEqual(of(gibibyte, Math.floor(gibibyte / 21)), ["disk-full"])
    assert.deepStrictEqual(of(1000 * gibibyte, 4 * gibibyte, 5 * gibibyte), ["disk-full"])
    assert.deepStrictEqual(of(1000 * gibibyte, 0, 0), [])
  })

  it("tell of a lane's share that is nearly filled, with what happens then", () => {
    const of = (size: number) => conditionsOf(status(), 0, { ...limits, shareOf: () => ({ size }) })
    assert.deepStrictEqual(keysOf(of(1200)), [])
    assert.deepStrictEqual(keysOf(of(1000)), ["share crm/ios"])
    assert.include(textOf(of(1000)), "90 % of what it may")
    assert.include(textOf(of(1000)), "the sources are held back")
  })

  it("tell of a source that is gone, cannot read files, leaves files unread, or is quiet", () => {
    const source = { source: "s3", problems: { count: 0, first: [] }, unread: { splits: 0 } } as const
    const of = (state: Partial<Source>, given = thresholds) =>
      conditionsOf(status({ sources: [{ ...source, state: "waiting", ...state }] }), hour, {
        ...limits,
        thresholds: given
      })
    assert.deepStrictEqual(of({}), [])
    const gone = of({ state: "gone", since: hour - 1000 })
    const finite = { ...status({ sources: [{ ...source, state: "failed" }] }), follows: false }
    assert.deepStrictEqual(conditionsOf(finite, hour, limits), [], "its exit code tells")
    assert.deepStrictEqual(keysOf(gone), ["source s3"])
    assert.include(textOf(gone), "source s3 is not there: put it back")
    assert.deepStrictEqual(of({ state: "gone", since: hour - 999 }), [])
    const problem = { split: "a.avro", reason: "replaced", detail: "planted", since: 0 }
    const problems = of({ problems: { count: 3, first: [problem] } })
    assert.deepStrictEqual(keysOf(problems), ["problems s3"])
    assert.include(textOf(problems), "source s3 cannot read 3 files (replaced)")
    assert.notInclude(textOf(problems), "planted")
    assert.deepStrictEqual(keysOf(of({ unread: { splits: 1, since: hour - 10 * minute } })), ["unread s3"])
    assert.deepStrictEqual(of({ unread: { splits: 1, since: hour - 9 * minute } }), [])
    const watchful = { ...thresholds, nothingReadFor: 30 * minute }
    assert.deepStrictEqual(keysOf(of({ lastRead: 29 * minute }, watchful)), ["nothing-read s3"])
    assert.deepStrictEqual(of({ lastRead: 31 * minute }, watchful), [])
  })
})

describe("alerts", () => {
  /** What is told when the exporter stands so, one after the other; hours apart unless it is said. */
  const told = (...steps: ReadonlyArray<readonly [at: number, state: Status]>) => {
    let memory = nothingTold
    return steps.map(([at, state]) => {
      const stands = (key: string) => key in memory.standing
      const next = due(memory, conditionsOf(state, at, limits, stands), state, at, day)
      memory = JSON.parse(JSON.stringify(next.told))
      return next.alerts.map(({ kind, condition, text }) => `${kind} ${condition}: ${text}`)
    })
  }

  it("come once for a change, again as reminders, and when it is over", () => {
    const well = status({ lane: { lastSuccess: 31 * hour } })
    const steps = told(
      [6 * hour, refusing],
      [7 * hour, refusing],
      [31 * hour, refusing],
      [32 * hour, well],
      [33 * hour, well]
    )
    const closed = steps.map((alerts) =>
      alerts.filter((text) => text.includes("closed:")).map((text) => text.split(":")[0])
    )
    assert.deepStrictEqual(closed, [["raised closed"], [], ["reminder closed"], ["healed closed"], []])
    assert.include(
      steps[3]?.join(),
      "lane ios of route crm is open again (1,234 events still wait), after 1d 2h"
    )
  })

  it("tell by their labels what they are of", () => {
    const { alerts } = due(nothingTold, conditionsOf(refusing, 5.5 * hour, limits), refusing, 5.5 * hour, day)
    assert.deepInclude(alerts[0], {
      kind: "raised",
      key: "closed crm/ios",
      condition: "closed",
      route: "crm",
      lane: "ios",
      count: 1234,
      since: "1970-01-01T05:00:00.000Z"
    })
  })

  it("tell at once that retention is nearer than was told", () => {
    const waits = status({ stored: { oldest: 0 } })
    const steps = told([4 * day, waits], [4.1 * day, waits], [6.4 * day, waits])
    const kinds = steps.map((alerts) => alerts.flatMap((text) => /^(\w+) retention/.exec(text)?.[1] ?? []))
    assert.deepStrictEqual(kinds, [["raised"], [], ["changed"]])
  })

  it("never call a thing over because its events died, but say so, until something is delivered", () => {
    const at = 10 * hour
    const dead = failing(at, { stored: { waiting: 0 }, expired: 1234 })
    const quiet = status({ stored: { waiting: 0 }, expired: 1234 })
    const well = status({ stored: { waiting: 0 }, expired: 1234, lane: { lastSuccess: at + 4 * hour } })
    const [first, second, third, restarted, last] = told(
      [at, failing(at)],
      [at + hour, dead],
      [at + 2 * hour, dead],
      [at + 3 * hour, quiet],
      [at + 5 * hour, well]
    )
    assert.match(first!.join(), /^raised no-success/)
    assert.include(
      second!.join("\n"),
      "changed no-success: lane ios of route crm is not well: it has delivered nothing"
    )
    assert.include(second!.join("\n"), "1,234 events that waited are dead letters now")
    assert.notInclude(second!.join("\n"), "healed")
    assert.deepStrictEqual([third, restarted], [[], []])
    assert.match(last!.join(), /^healed no-success: lane ios of route crm delivers again/)
  })

  it("do not call an outage over because the exporter was started again", () => {
    const at = 10 * hour
    const fresh = { ...status({ stored: { oldest: 5 * hour } }), started: at + minute }
    const steps = told([at, failing(at)], [at + minute, fresh])
    assert.notInclude(steps[1]!.join(), "healed no-success")
  })

  it("tell of new dead letters, not of each one, and when none are left", () => {
    const letters = (dead: number) => status({ dead })
    const steps = told(
      [hour, letters(3)],
      [hour + minute, letters(50)],
      [2 * hour, letters(50)],
      [3 * hour, letters(51)],
      [4 * hour, letters(0)],
      [5 * hour, letters(0)]
    )
    assert.include(steps[0]!.join(), "raised dead-letters: 3 new dead letters")
    assert.deepStrictEqual(steps[1], [])
    assert.include(steps[2]!.join(), "changed dead-letters: 47 new dead letters")
    assert.include(steps[3]!.join(), "changed dead-letters: 1 new dead letter;")
    assert.include(steps[4]!.join(), "healed dead-letters")
    assert.deepStrictEqual(steps[5], [])
  })

  it("tell of sizes that rise and fall around a bound once, and when there is room to spare", () => {
    const outbox = (bytes: number) => status({ usage: { bytes, limit: 100 } })
    const disk = (free: number) => status({ disk: { bytes: 2000, free } })
    assert.deepStrictEqual(
      told(
        [1, outbox(79)],
        [2, outbox(80)],
        [3, outbox(79)],
        [4, outbox(81)],
        [5, outbox(74)],
        [6, outbox(79)]
      ).map((alerts) => alerts.map((text) => text.split(":")[0])),
      [[], ["raised outbox-full"], [], [], ["healed outbox-full"], []]
    )
    const steps = told(
      [1, disk(100)],
      [2, disk(99)],
      [3, disk(124)],
      [4, disk(98)],
      [5, disk(125)],
      [6, disk(100)]
    )
    assert.deepStrictEqual(
      steps.map((alerts) => alerts.map((text) => text.split(":")[0])),
      [[], ["raised disk-full"], [], [], ["healed disk-full"], []]
    )
    assert.include(
      steps[1]!.join(),
      "only 99 B are free on the disk of the outbox; when it is full the exporter stops"
    )
    assert.include(steps[4]!.join(), "the disk of the outbox has room again, after")
    const share = { ...limits, shareOf: () => ({ size: 100 }) }
    const holding = status({ stored: { bytes: 76 } })
    assert.deepStrictEqual(conditionsOf(holding, 0, share), [])
    assert.deepStrictEqual(keysOf(conditionsOf(holding, 0, share, () => true)), ["share crm/ios"])
  })

  it("tell once that the exporter stops, however often it is started, and that it runs again", () => {
    const first = dueAtStop(nothingTold, "the disk is full", hour, day)
    assert.include(first.alerts[0]?.text, "the exporter has stopped: the disk is full; nothing is lost")
    const second = dueAtStop(first.told, "the disk is full", 2 * hour, day)
    assert.deepStrictEqual(second.alerts, [])
    const state = status()
    const runs = due(second.told, [], state, 3 * hour, day)
    assert.deepStrictEqual(
      runs.alerts.map(({ kind, key }) => [kind, key]),
      [["healed", "stopped"]]
    )
  })
})
