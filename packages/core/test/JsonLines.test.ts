import { assert, describe, it } from "@effect/vitest"
import { Json, JsonLines } from "@millrace/core"
import * as Result from "effect/Result"

/** Walks over the text, given whole or so many bytes at a time, and tells what was taken and what was not. */
const walk = (text: string, piece = Number.POSITIVE_INFINITY, full = Number.POSITIVE_INFINITY) => {
  const bytes = Buffer.from(text)
  const taken: Array<unknown> = []
  const bad: Array<readonly [line: number, text: string]> = []
  let room = full
  const reader: JsonLines.Visitor = {
    isFull: () => room <= 0,
    take: (bytes, start, end) => {
      const result = Json.parse(bytes, start, end)
      if (Result.isFailure(result)) return result.failure
      taken.push(result.success)
      room--
      return undefined
    },
    bury: ({ bytes, end, line, start }) => {
      bad.push([line, bytes.toString("utf8", start, end)])
      room--
    }
  }
  let at = 0
  let walked: JsonLines.Walked = { at: 0, lines: 0, plain: 0, open: undefined }
  for (let end = Math.min(bytes.length, piece); ; ) {
    const { lines, plain } = walked
    walked = JsonLines.walk(bytes.subarray(at, end), { at: 0, lines, plain: plain - at }, reader)
    walked = { ...walked, plain: walked.plain + at }
    at += walked.at
    if (room <= 0) room = full
    else if (end === bytes.length) break
    else end = Math.min(bytes.length, end + piece)
  }
  return { taken, bad, left: bytes.toString("utf8", at), open: walked.open, lines: walked.lines }
}

const a = { a: 'é{}[]"\\\n\r', b: [1, -2.5e3, true, null, {}, []] }
const [line, printed] = [JSON.stringify(a), JSON.stringify(a, undefined, 2)]

describe("objects in lines", () => {
  const forms: ReadonlyArray<readonly [string, number]> = [
    [`${line}\n${line}\r\n${line}\n`, 3],
    [`${line}${line} \t${line}\n`, 3],
    [`${line}\r${line}\r${line}`, 3],
    [`\ufeff${printed}\n\n \r\n${printed}${line}`, 3],
    [`${printed.replaceAll("\n", "\r\n")}\r\n${line}\n`, 2],
    [`${printed.replaceAll("\n", "\r")}\r${line}\r`, 2]
  ]
  it("are taken in every form, whole, in pieces and when the reader is full", () => {
    for (const [text, objects] of forms) {
      for (const [piece, full] of [[], [1], [7], [50, 1], [undefined, 1]] as const) {
        const { taken, bad, left, open } = walk(text, piece, full)
        assert.deepStrictEqual(
          taken,
          Array.from({ length: objects }, () => a),
          JSON.stringify(text)
        )
        assert.deepStrictEqual(bad, [])
        assert.strictEqual(left.trim(), "")
        assert.notStrictEqual(open, "object")
      }
    }
  })

  it("are bad by themselves, with the number of their line", () => {
    const texts: ReadonlyArray<readonly [string, ReadonlyArray<readonly [number, string]>]> = [
      [`${line}\n{"half\n${line}\n`, [[2, '{"half']]],
      [`${line}\n{"a":\n${line}\n${line}\n`, [[2, '{"a":']]],
      [
        `no\n${line}\n{"a":{\n${line}\n`,
        [
          [1, "no"],
          [3, '{"a":{']
        ]
      ],
      [
        `${line}\n{"a":[1,\n${line}x\n${line}\n`,
        [
          [2, '{"a":[1,'],
          [3, "x"]
        ]
      ],
      [`${line}{"a" 1}${line}\n${line}\n`, [[1, `{"a" 1}${line}`]]],
      [
        `${line}\n]\n${line}\n}\n`,
        [
          [2, "]"],
          [4, "}"]
        ]
      ],
      [`${line}\r{"a":]}\r${line}\r`, [[2, '{"a":]}']]],
      [`${printed}\n{"a":tru}\n${line}\n`, [[printed.split("\n").length + 1, '{"a":tru}']]],
      [
        `${line}\n{"a":1]\n{"a":1,}\n{1:2}\n${line}\n`,
        [
          [2, '{"a":1]'],
          [3, '{"a":1,}'],
          [4, "{1:2}"]
        ]
      ]
    ]
    for (const [text, bad] of texts) {
      for (const piece of [undefined, 1, 11]) {
        const found = walk(text, piece)
        assert.deepStrictEqual(found.bad, bad, JSON.stringify(text))
        assert.strictEqual(
          found.taken.length,
          text.split(line).length -
            1 -
            (bad[0]![1].includes(line) ? 1 : 0) +
            (text.startsWith(printed) ? 1 : 0)
        )
        assert.strictEqual(found.left, text.endsWith("\r") ? "\r" : "")
      }
    }
  })

  it("that are cut off are left where they begin", () => {
    for (const [text, left, open] of [
      [`${line}\n${line.slice(0, 9)}`, line.slice(0, 9), "object"],
      [`${line}\n${printed.slice(0, -1)}`, printed.slice(0, -1), "object"],
      [`${line}\n  ${printed.slice(0, -1)}`, printed.slice(0, -1), "object"],
      [`${line}\n12`, "12", "line"],
      [`${line}\n{"a":1]`, '{"a":1]', "line"],
      [`${line}\n`, "", undefined]
    ] as const) {
      const found = walk(text)
      assert.deepStrictEqual([found.left, found.open, found.bad], [left, open, []])
    }
  })

  it("of broken lines that all go together do not hang it", () => {
    // Each line could be the beginning of all that follows, up to the last.
    const { bad, left, lines } = walk(`${'{"a":[1,[2,\n'.repeat(50_000)}}\n`)
    assert.deepStrictEqual([bad.length, left, lines], [50_001, "", 50_001])
  })
})
