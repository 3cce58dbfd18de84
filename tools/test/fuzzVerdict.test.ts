import { describe, expect, it } from "vitest"
import type { Input } from "../fuzz/input.ts"
import { judge, type Letter, ledgerIn } from "../fuzz/verdict.ts"

const input = (seed: number, more: Partial<Input> = {}): Input => ({
  seed,
  kind: "any",
  way: "file",
  bytes: Buffer.alloc(0),
  ids: [],
  ...more
})

const letter = (more: Partial<Letter> = {}): Letter => ({
  id: 1,
  route: "kept",
  reason: "malformed",
  detail: "no JSON",
  origin: { source: "files", split: "a" },
  ...more
})

/** What is complained of, with the seeds. */
const complaints = (
  letters: ReadonlyArray<Letter>,
  inputs: ReadonlyArray<Input>,
  { stored = [], unread = 0 }: { readonly stored?: ReadonlyArray<Input>; readonly unread?: number } = {}
) => {
  const found: Array<string> = []
  const files = inputs.filter(({ way }) => way === "file")
  judge({
    letters,
    inputs,
    files: new Map(files.map((file, index) => [String.fromCharCode(97 + index), file])),
    stored: new Set(stored),
    unread,
    complain: (what, seed) => found.push(`${seed ?? "-"} ${what}`)
  })
  return found
}

const harmed = input(7, { isHarmed: true })
const clean = input(8, { isClean: true })

describe("a round of inputs", () => {
  it("is well where every harm is told of, and of what is whole there is no letter", () => {
    expect(complaints([letter()], [harmed, clean])).toEqual([])
  })

  it("is not where a harm is told of nowhere; what is not read to its end tells of one", () => {
    expect(complaints([], [harmed])).toEqual(["7 nothing tells of the harm of: 7"])
    expect(complaints([], [harmed], { unread: 1 })).toEqual([])
    expect(complaints([], [harmed, input(9, { isHarmed: true })], { unread: 1 })).toEqual([
      "- nothing tells of the harm of: 7 9"
    ])
  })

  it("is not where a whole file has a dead letter of the intake; what a destination refuses is another matter", () => {
    expect(complaints([letter()], [clean])).toEqual(["8 a dead letter of a whole file: malformed no JSON"])
    expect(complaints([letter({ reason: "bad-request" })], [clean])).toEqual([])
  })

  it("is not where anything speaks of a defect", () => {
    const defect = letter({ reason: "defect", detail: "through: TypeError" })
    expect(complaints([defect], [harmed])).toEqual(["7 a dead letter speaks of a defect: through: TypeError"])
  })

  it("counts the letters of lines, and of bodies that were taken", () => {
    const line = input(3, { way: "line", isHarmed: true })
    const body = input(4, { way: "body", isHarmed: true })
    const of = (source: string) => letter({ origin: { source, split: "" } })
    expect(complaints([of("lines"), of("posts")], [line, body], { stored: [body] })).toEqual([])
    expect(complaints([], [line, body])).toEqual(["- 0 dead letters of lines, where 1 are due: 3"])
    expect(complaints([of("lines")], [line, body], { stored: [body] })).toEqual([
      "- 0 dead letters of posts, where 1 are due: 4"
    ])
  })
})

describe("the ledger of a run", () => {
  const route = {
    read: 3,
    filtered: {},
    skipped: {},
    delivered: { all: 2 },
    waiting: {},
    dead: { malformed: 1 }
  }
  const found = (text: string) => {
    const complaints: Array<string> = []
    const { unread } = ledgerIn(text, (what) => complaints.push(what))
    return [unread, complaints]
  }

  it("balances, and nothing waits", () => {
    expect(found(JSON.stringify({ routes: { kept: route }, unread: { splits: 2 } }))).toEqual([2, []])
  })

  it("is complained of where it does not, where events wait, and where there is none", () => {
    const one = (changes: object) =>
      found(JSON.stringify({ routes: { kept: { ...route, ...changes } }, unread: { splits: 0 } }))
    expect(one({ read: 4 })[1]).toEqual(["the ledger of kept does not balance by 1"])
    expect(one({ read: 4, waiting: { all: 1 } })[1]).toEqual(["events are waiting"])
    expect(found("it fell over")).toEqual([0, ["no ledger: it fell over"]])
  })
})
