import { assert, describe, it } from "@effect/vitest"
import { Json } from "@millrace/core"
import * as Result from "effect/Result"

const { budget } = Json
const bytesOf = (text: string) => Buffer.from(text)
const pieces = (found: Iterable<Json.Piece> | undefined, bytes: Buffer) =>
  found === undefined
    ? undefined
    : [...found].map(({ kind, start, end }) =>
        kind === "value"
          ? bytes.toString("utf8", start, end)
          : `${kind}: ${bytes.toString("utf8", start, end)}`
      )
const values = (text: string) => pieces(Json.values(bytesOf(text)), bytesOf(text))
const items = (text: string) => pieces(Json.items(bytesOf(text)), bytesOf(text))
const parsed = (text: string) => {
  const result = Json.parse(bytesOf(text))
  return Result.isSuccess(result) ? result.success : result.failure.detail
}
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

describe("values", () => {
  it("are found one after another, with white space between them or without", () => {
    const pretty = JSON.stringify({ a: [1, { b: "}]" }], 'c"': null }, undefined, 2)
    assert.deepStrictEqual(values(`${pretty}{}{"x":"\\\\"}\r\n [1,2] `), [
      pretty,
      "{}",
      '{"x":"\\\\"}',
      "[1,2]"
    ])
    assert.deepStrictEqual(values(` 1 "a" true`), ["1", '"a"', "true"])
    assert.deepStrictEqual(values("\ufeff{}"), ["{}"])
    assert.deepStrictEqual(values(" \n"), [])
  })

  it("end where one is damaged or cut off, and what stands before stays", () => {
    assert.deepStrictEqual(values("{}{]{}"), ["{}", "damaged: {]{}"])
    assert.deepStrictEqual(values("{} , {}"), ["{}", "damaged: , {}"])
    assert.deepStrictEqual(values('{}{"a":"b\n"}'), ["{}", 'damaged: {"a":"b\n"}'])
    assert.deepStrictEqual(values('{} {"a":[1,'), ["{}", 'cut-off: {"a":[1,'])
    assert.deepStrictEqual(values('{"a\\'), ['cut-off: {"a\\'])
    const [, damaged] = Json.values(bytesOf("{}{]{}"))
    assert.strictEqual(damaged?.kind === "damaged" && damaged.detail, "not JSON from byte 2 on")
  })

  it("tell what breaks the budget, and go on behind it", () => {
    const many = `[${"0,".repeat(budget.values)}0]`
    const long = `"${"x".repeat(budget.bytes)}"`
    const bytes = bytesOf(
      `${nested(budget.depth)}${nested(budget.depth + 1)}${nested(50_000)}${many}${long}{}`
    )
    const breaches = [...Json.values(bytes)].map(
      (piece) => piece.kind === "value" && (piece.breach ?? "none")
    )
    assert.deepStrictEqual(breaches, [
      "none",
      "nested deeper than 100 levels",
      "nested deeper than 100 levels",
      "too full: it holds 100002 values, and at most 100000 are read",
      `too long: it has ${budget.bytes + 2} bytes, and the longest that is read ${budget.bytes}`,
      "none"
    ])
  })

  it("are no more than the budget's items", () => {
    const found = [...Json.values(bytesOf("1 ".repeat(budget.items + 5)))]
    assert.strictEqual(found.length, budget.items + 1)
    const last = found.at(-1)!
    assert.deepStrictEqual([last.kind, last.start], ["too-many", budget.items * 2])
  })
})

describe("items", () => {
  it("are those of a list, or of the list called events wherever it stands", () => {
    assert.deepStrictEqual(items('[{"a":1} , 2,[3]]'), ['{"a":1}', "2", "[3]"])
    assert.deepStrictEqual(items('\ufeff { "events" : [ {"id":1}, {} ] } '), ['{"id":1}', "{}"])
    assert.deepStrictEqual(items('{"v":{"events":[0]},"events":[1],"w":[2]}'), ["1"])
    assert.deepStrictEqual(items('{"events":[1],"events":[2]}'), ["1", "2"])
    assert.deepStrictEqual(items('{"events":{"id":1}}'), ['{"id":1}'])
    assert.deepStrictEqual(items("[]"), [])
    assert.deepStrictEqual(items('{"events":[]}'), [])
  })

  it("there are none of a value that is neither", () => {
    for (const text of [
      "",
      "{}",
      '{"event":[1]}',
      '{"a":{"events":[1]}}',
      "7",
      '"events"',
      '{"a":"events"',
      "{]"
    ])
      assert.isUndefined(items(text), text)
  })

  it("end where one is damaged or cut off, and those before stay", () => {
    assert.deepStrictEqual(items('{"events":[1,{"a"'), ["1", 'cut-off: {"a"'])
    assert.deepStrictEqual(items('{"events":[1,'), ["1", "cut-off: "])
    assert.deepStrictEqual(items('{"events":[1]'), ["1", "cut-off: "])
    assert.deepStrictEqual(items("[1,]"), ["1", "damaged: ]"])
    assert.deepStrictEqual(items("[1 2]"), ["1", "damaged: 2]"])
    assert.deepStrictEqual(items("[1] 2"), ["1", "damaged: 2"])
    assert.deepStrictEqual(items('{"events":[1],7}'), ["1", "damaged: 7}"])
    assert.deepStrictEqual(items('{"events":[1]}{'), ["1", "damaged: {"])
  })

  it("are no more than the budget has", () => {
    const bytes = bytesOf(`{"events":[${"{},".repeat(2_500_000)}{}]}`)
    let count = 0
    for (const { kind } of Json.items(bytes)!) count += kind === "value" ? 1 : 0
    assert.strictEqual(count, budget.items)
  })

  it("are found in time that grows with the bytes, however deep they are", () => {
    const bytes = bytesOf(`[${nested(1_000_000)},${nested(1_000_000)}]`)
    const found = [...Json.items(bytes)!]
    assert.deepStrictEqual(
      found.map((piece) => piece.kind === "value" && piece.breach),
      ["nested deeper than 100 levels", "nested deeper than 100 levels"]
    )
  })

  it("agree with what JSON.parse finds, for whatever parses", () => {
    let state = 7
    const next = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return (state >>> 8) % below
    }
    const texts = ["", 'a"b', "\\", "{[", "ü\u0000", "events"]
    const make = (depth: number): unknown => {
      const kind = next(depth > 4 ? 4 : 6)
      if (kind === 4) return Array.from({ length: next(4) }, () => make(depth + 1))
      if (kind === 5)
        return Object.fromEntries(Array.from({ length: next(4) }, () => [texts[next(6)], make(depth + 1)]))
      return [null, next(1000) - 500, 1.5e-7, texts[next(6)]][kind]
    }
    for (let turn = 0; turn < 500; turn++) {
      const list = Array.from({ length: next(5) }, () => make(0))
      const text = JSON.stringify({ before: make(0), events: list }, undefined, next(3))
      const bytes = bytesOf(text)
      const found = [...Json.items(bytes)!].map(({ start, end }) =>
        JSON.parse(bytes.toString("utf8", start, end))
      )
      assert.deepStrictEqual(found, list)
    }
  })
})

describe("parse", () => {
  it("keeps every number whose digits a double keeps, and refuses the others", () => {
    for (const text of [
      "9007199254740991",
      "-9007199254740992",
      "100000000000000000000",
      "1e300",
      "0.1",
      "-0.5e-7"
    ])
      assert.strictEqual(parsed(`{"a":[${text}]}`) instanceof Object, true, text)
    for (const text of ["9007199254740993", "-9007199254740993", "12345678901234567890"])
      assert.match(String(parsed(`{"a":{"b":${text}}}`)), /whole number is beyond 2\^53/, text)
    for (const text of ["1e400", "-1e400"])
      assert.match(String(parsed(text)), /beyond what a double holds/, text)
    assert.deepStrictEqual(parsed('{"a":"9007199254740993"}'), { a: "9007199254740993" })
  })

  it("reads again what it read, once written", () => {
    for (const text of ["1e20", "123456789012345680000", "9007199254740992", "4.9e-324"]) {
      const value = Result.getOrThrow(Json.parse(bytesOf(text)))
      assert.deepStrictEqual(Json.parse(bytesOf(JSON.stringify(value))), Result.succeed(value))
    }
  })

  it("refuses what is beyond the budget, small or large", () => {
    for (const depth of [budget.depth + 1, 6000, 30_000, 1_000_000])
      assert.strictEqual(parsed(nested(depth)), "nested deeper than 100 levels", String(depth))
    assert.notStrictEqual(parsed(nested(budget.depth)), "nested deeper than 100 levels")
    assert.match(String(parsed(`[${"0,".repeat(budget.values)}0]`)), /at most 100000/)
    assert.match(String(parsed(`"${"x".repeat(budget.bytes)}"`)), /the longest that is read/)
    assert.match(String(Result.getOrThrow(Result.flip(Json.parseText(nested(1_000_000)))).detail), /nested/)
  })

  it("puts U+FFFD for half of a surrogate pair, in names as well, and leaves whole ones", () => {
    assert.deepStrictEqual(parsed(String.raw`{"\ud800":["\udc00x","\ud83d\ude00"]}`), {
      "\ufffd": ["\ufffdx", "😀"]
    })
  })

  it("says what is not JSON and what is not UTF-8, and keeps a member called __proto__", () => {
    assert.strictEqual(parsed("{"), "not JSON")
    assert.strictEqual(
      Result.getOrThrow(Result.flip(Json.parse(Uint8Array.of(0x22, 0xff, 0x22)))).detail,
      "not UTF-8"
    )
    const value = parsed(String.raw`{"__proto__":{"a":"\ud800"}}`)
    assert.deepStrictEqual(Object.entries(Object(value)), [["__proto__", { a: "\ufffd" }]])
  })

  it("reads its own slice of the bytes", () => {
    assert.deepStrictEqual(Json.parse(bytesOf("1 [2] 3"), 2, 5), Result.succeed([2]))
  })
})

describe("breach", () => {
  it("tells of a value made in code that is too deep to be written", () => {
    let value: unknown = 0
    for (let depth = 0; depth < 20_000; depth++) value = [value]
    assert.strictEqual(Json.breach(value), "nested deeper than 100 levels")
    assert.isUndefined(Json.breach({ a: [1] }))
  })
})
