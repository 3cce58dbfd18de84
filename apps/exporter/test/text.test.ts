import { assert, describe, it } from "@effect/vitest"
import type * as Ledger from "@millrace/core/Ledger"
import type { BackfillStatus, LaneStatus } from "@millrace/core/Running"
import { unreadOf } from "@millrace/operations/Status"
import { counted } from "@millrace/operations/Text"
import { backfillText } from "../src/backfillText.ts"
import { ofRun } from "../src/exitCode.ts"
import { lanesText } from "../src/lanesText.ts"
import { deadText, ledgerText, waitingText } from "../src/ledgerText.ts"
import { type Moment, progressOf, progressText, type View } from "../src/progressText.ts"
import { table } from "../src/table.ts"
import * as Terminal from "../src/terminal.ts"
import { unreadText } from "../src/unreadText.ts"

const nothing = { read: 0, filtered: {}, skipped: {}, delivered: {}, waiting: {}, dead: {} }
const ledgerOf = (counts: Partial<Ledger.RouteLedger>): Ledger.Ledger => ({
  routes: { crm: { ...nothing, ...counts } }
})
const progress = { consumed: 0, expected: 0, sourcesEnded: false, unread: [] }
const lane: LaneStatus = {
  route: "crm",
  lane: "web",
  gate: { open: true, reason: "", since: 0, notBefore: 0 },
  trouble: "",
  underWay: 0
}

/** The line of a run that began at 1 second, with what is different from one that has just begun. */
const shown = (
  change: Partial<View> = {},
  since: Moment = { at: change.at ?? 1_000, delivered: 0 },
  columns = 79
): string => {
  const view: View = {
    at: 1_000,
    ledger: ledgerOf({}),
    progress,
    lanes: [],
    sources: [],
    follow: false,
    ...change
  }
  return progressText(progressOf(view, { start: 1_000, since }), columns)
}

describe("a backfill", () => {
  const status: BackfillStatus = {
    source: "default",
    from: 0,
    to: 1,
    name: "backfill-1",
    state: "reading",
    started: 0,
    events: 1234,
    consumed: 1024,
    expected: 4096,
    trouble: "",
    unread: []
  }

  it("tells how much is read, what is left at the pace so far, and where it is", () => {
    assert.strictEqual(
      backfillText({ ...status, split: "date=2026-11-01-05/a.avro" }, 60_000),
      "1,234 events read, 1 KiB of 4 KiB, 3m left, at date=2026-11-01-05/a.avro"
    )
  })

  it("begins with what holds it up, and promises no end where nobody knows one", () => {
    assert.strictEqual(
      backfillText({ ...status, state: "failing", trouble: "the store: SlowDown" }, 60_000),
      "failing: the store: SlowDown, 1,234 events read, 1 KiB of 4 KiB"
    )
    assert.strictEqual(backfillText({ ...status, events: 1, consumed: 0, expected: 0 }, 5), "1 event read")
  })
})

describe("progress", () => {
  it("before anything was read says zeros, and no pace or time that nobody knows", () => {
    const text = shown()
    assert.match(text, /^read 0, delivered 0 \(0\/s\), waiting 0, dead 0/)
    assert.notMatch(text, /left|NaN|Infinity|-\d|undefined|\[/)
  })

  it("tells the pace of the last seconds, and the time left at the pace of the whole", () => {
    const ledger = ledgerOf({
      read: 5_000,
      delivered: { web: 3_000, ios: 1_000 },
      waiting: { web: 900 },
      dead: { malformed: 100 }
    })
    const view = { at: 11_000, ledger, progress: { ...progress, consumed: 25, expected: 100 } }
    const since = { at: 9_000, delivered: 3_600 }
    const line = "read 5,000, delivered 4,000 (200/s), waiting 900, dead 100"
    assert.strictEqual(shown(view, since), `${line}, 30s left`)
    assert.strictEqual(shown({ ...view, follow: true }, since), line)
  })

  it("fits into its columns, whatever the numbers", () => {
    const ledger = ledgerOf({
      read: 123_456_789,
      delivered: { web: 111_111_111 },
      waiting: { web: 12_345_678 },
      dead: { malformed: 9_999_999 }
    })
    for (const columns of [79, 40]) {
      assert.isAtMost(shown({ at: 60_000, ledger }, undefined, columns).length, columns)
    }
  })

  it("says first why nothing moves: the trouble of the lane with the most to send, or of a source", () => {
    const ledger = ledgerOf({ read: 9, delivered: { ios: 2 }, waiting: { web: 5, ios: 2 } })
    const lanes = [
      { ...lane, lane: "ios", trouble: "HTTP 500" },
      { ...lane, trouble: "HTTP 503 \u001b[2J" },
      { ...lane, lane: "idle", gate: { ...lane.gate, open: false, reason: "paused" } }
    ]
    const since = { at: 1_000, delivered: 2 }
    const held = "delivered 2, waiting 7: web HTTP 503 \\u001b[2J"
    assert.strictEqual(shown({ at: 9_000, ledger, lanes }, since), held)
    assert.match(
      shown({ at: 9_000, ledger, lanes }, { ...since, delivered: 1 }),
      /^read 9, delivered 2 \(0\/s\)/
    )
    const paused = { ...lane, gate: { ...lane.gate, open: false, reason: "paused" } }
    assert.include(shown({ at: 9_000, ledger, lanes: [paused] }, since), "waiting 7: web closed (paused)")
    const problems = [{ reason: "gone", detail: "/export: is not there", since: 0 }]
    const well = {
      source: "default",
      gate: { open: true, reason: "", since: 0, notBefore: 0 },
      trouble: "",
      eventsPerSecond: 0
    }
    assert.strictEqual(
      shown({ sources: [{ ...well, state: "failing", trouble: "HTTP 503", problems: [] }] }),
      "delivered 0, waiting 0: source default failing: HTTP 503"
    )
    assert.strictEqual(
      shown({ sources: [{ ...well, state: "gone", problems }] }),
      "delivered 0, waiting 0: source default gone: /export: is not there"
    )
  })

  it("tells no time left once the input is read, is larger than it was, or has no size", () => {
    for (const odd of [
      { consumed: 100, expected: 100, sourcesEnded: false, unread: [] },
      { consumed: 200, expected: 100, sourcesEnded: false, unread: [] },
      { consumed: 50, expected: 100, sourcesEnded: true, unread: [] },
      { consumed: 50, expected: -10, sourcesEnded: false, unread: [] }
    ]) {
      assert.notInclude(shown({ at: 5_000, ledger: ledgerOf({ read: 10 }), progress: odd }), "left")
    }
  })

  it("tells long times in whole units", () => {
    assert.match(
      shown({ at: 1_999, progress: { ...progress, consumed: 1, expected: 90_000 } }),
      /, 1d 1h left/
    )
  })
})

describe("what is unread", () => {
  const left = (split: string, source = "default") => ({ source, split, byte: 7, what: "cut off" })

  it("is named by file and byte, with what to do; of many, the number", () => {
    assert.deepStrictEqual(unreadText(unreadOf([])), [])
    assert.deepStrictEqual(unreadText(unreadOf([left("a/b.avro"), left("c", "other")])), [
      "a/b.avro: unread from byte 7 on: cut off; make it whole and run again, then it is read on from there",
      "source other: c: unread from byte 7 on: cut off; make it whole and run again, then it is read on from there"
    ])
    assert.include(
      unreadText(unreadOf([left("a\nmillrace: all settled")]))[0],
      "a\\u000amillrace: all settled: unread"
    )
    const many = unreadText(unreadOf(Array.from({ length: 1_007 }, (_, index) => left(String(index)))))
    assert.deepStrictEqual([many.length, many[5]], [6, "1,002 more files are not read to their end"])
  })

  it("stands in the line of progress, and goes before dead letters in the exit code, behind events that wait", () => {
    const unread = [{ source: "default", split: "a", byte: 1, what: "cut off" }]
    assert.include(shown({ progress: { ...progress, unread } }), ", not read to its end: 1 file")
    const run = {
      ledger: ledgerOf({ read: 1, dead: { malformed: 1 } }),
      deadBefore: 0,
      cutShort: false,
      hasUnread: true
    }
    assert.strictEqual(ofRun(run), 7)
    assert.strictEqual(ofRun({ ...run, hasUnread: false }), 4)
    assert.strictEqual(ofRun({ ...run, ledger: ledgerOf({ read: 1, waiting: { web: 1 } }) }), 3)
    assert.strictEqual(ofRun({ ...run, ledger: ledgerOf({}) }), 7)
  })
})

describe("table", () => {
  it("makes columns as wide as their widest cell, numbers to the right, no blanks at the end", () => {
    assert.strictEqual(
      table(
        ["lane", "events", "note"],
        [
          ["ios", "7", ""],
          ["unbound", "12,345", "late"]
        ]
      ),
      ["lane     events  note", "-------  ------  ----", "ios           7", "unbound  12,345  late"].join(
        "\n"
      )
    )
    assert.strictEqual(table(["a"], []), "a\n-")
  })

  it("counts one thing as one", () => {
    assert.deepStrictEqual(
      [counted(0, "event"), counted(1, "event"), counted(2_000, "event")],
      ["0 events", "1 event", "2,000 events"]
    )
  })
})

describe("what reaches a terminal", () => {
  const nasty = "\u001b]0;owned\u0007a\u009b31mb\r\u202ec\u2028d\u0000\u007f"
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are looked for
  const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/

  it("has no control character of an event, a file name or a remote, in tables, messages and JSON", () => {
    const texts = [
      Terminal.line(nasty),
      Terminal.lines(`one\n${nasty}`),
      table(["id"], [[nasty]]),
      table(["id"], [[`${nasty}\nforged line`]]),
      Terminal.json({ [nasty]: nasty }, 2)
    ]
    for (const text of texts) assert.notMatch(text, raw)
    assert.strictEqual(table(["id"], [["a\nb"]]).split("\n").length, 3)
    assert.deepStrictEqual(JSON.parse(Terminal.json({ [nasty]: nasty }, 2)), { [nasty]: nasty })
    assert.strictEqual(Terminal.line("Größe 😀\u001b"), "Größe 😀\\u001b")
  })

  it("is not pushed away by a text without an end", () => {
    const endless = "😀".repeat(1_000_000)
    assert.isBelow(Terminal.line(endless).length, 2100)
    assert.include(Terminal.line(endless), "(2000000 characters)")
    assert.isBelow(table(["id"], [[endless]]).length, 2000)
    assert.isTrue(Terminal.line(endless, 5).isWellFormed())
  })
})

describe("lanes as text", () => {
  const shown = (notBefore: number, trouble: string) =>
    lanesText(
      {
        stored: [],
        lanes: [
          {
            route: "crm",
            lane: "web",
            gate: { open: true, reason: "", since: 0, notBefore },
            trouble,
            underWay: 0
          }
        ]
      },
      { sources: {}, routes: [] },
      1_800_000_000_000
    )
      .split("\n")
      .at(-1)

  it("tell until when the remote asked a lane to wait", () => {
    assert.match(
      shown(1_800_000_060_000, "throttled: status 429") ?? "",
      /throttled: status 429; next attempt 2027-01-15T08:01:00\.000Z$/
    )
    assert.match(shown(1_800_000_060_000, "") ?? "", / next attempt 2027-01-15T08:01:00\.000Z$/)
    assert.notInclude(shown(1_799_999_999_000, ""), "next attempt")
  })
})

describe("the ledger as text", () => {
  it("says that it balances, or how much is missing", () => {
    assert.include(
      ledgerText(ledgerOf({ read: 3, delivered: { web: 2 }, dead: { expired: 1 } })),
      "the ledger balances"
    )
    assert.include(
      ledgerText(ledgerOf({ read: 3, delivered: { web: 2 } })),
      "THE LEDGER DOES NOT BALANCE: 1 event unaccounted for"
    )
  })

  it("tells for which lane events wait, and why", () => {
    const lane = (changes: Partial<LaneStatus>): LaneStatus => ({
      route: "crm",
      lane: "web",
      gate: { open: true, reason: "", since: 0, notBefore: 0 },
      trouble: "",
      underWay: 0,
      ...changes
    })
    const ledger = ledgerOf({ read: 1, waiting: { web: 1 } })
    const closed = { open: false, reason: "unauthorized", since: 0, notBefore: 0 }
    assert.deepStrictEqual(waitingText(ledger, [lane({ gate: closed, trouble: "HTTP 401" })]), [
      "1 event waits for lane web of route crm: closed (unauthorized): HTTP 401"
    ])
    assert.deepStrictEqual(waitingText(ledger, [lane({ trouble: "refused" })]), [
      "1 event waits for lane web of route crm: refused"
    ])
    assert.deepStrictEqual(waitingText(ledgerOf({ read: 2, waiting: { web: 2 } }), []), [
      "2 events wait for lane web of route crm: not sent yet"
    ])
    assert.deepStrictEqual(waitingText(ledgerOf({}), []), [])
  })

  it("tells dead letters of this run by reason, those of earlier ones in sum", () => {
    const before = ledgerOf({ read: 4, dead: { malformed: 3, expired: 1 } })
    const after = ledgerOf({ read: 7, dead: { malformed: 5, expired: 1, "bad-request": 1 } })
    assert.match(
      deadText(after, before) ?? "",
      /^this run added 3 dead letters \(2 malformed, 1 bad-request\)/
    )
    assert.match(deadText(before, before) ?? "", /^4 dead letters of earlier runs are kept/)
    assert.strictEqual(deadText(ledgerOf({}), ledgerOf({})), undefined)
  })
})
