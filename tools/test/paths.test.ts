import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "vitest"

const root = dirname(dirname(import.meta.dirname))
const textOf = (file: string) => readFileSync(join(root, "docs", file), "utf8")

/** The rows of every table in a text below the given headings, without head and rule. */
const rowsBelow = (text: string, isMeant: (heading: string) => boolean): ReadonlyArray<string> =>
  text
    .split(/^## /m)
    .filter((section) => isMeant(section.slice(0, section.indexOf("\n"))))
    .flatMap((section) => section.split("\n").filter((line) => /^\| .*`/.test(line)))

/** The names in one cell. */
const namesIn = (row: string, cell: number): ReadonlyArray<string> =>
  [...(row.split("|")[cell] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "")

/** The folders that a name may be below: that of the one before it, and those above. */
const foldersOf = (before: string): ReadonlyArray<string> =>
  before === "" || before === "." ? [""] : [before, ...foldersOf(dirname(before))]

/** Those that are no file. A name without a folder stands beside the one before it, or below its package. */
const missing = (names: ReadonlyArray<string>, bases: ReadonlyArray<string>): ReadonlyArray<string> => {
  let folder = ""
  return names.filter((name) => {
    const file = name.endsWith(".ts") ? name : `${name}.ts`
    const found = [...foldersOf(folder), ...bases]
      .map((base) => join(base, file))
      .find((path) => existsSync(join(root, path)))
    if (found !== undefined) folder = dirname(found)
    return found === undefined
  })
}

describe("the files that the documents name", () => {
  it("are there, in the index of questions", () => {
    const rows = rowsBelow(textOf("words.md"), (heading) => heading === "Where is it?")
    const answers = rows.map((row) => namesIn(row, row.split("|").length - 2))
    assert.isAbove(answers.length, 40)
    assert.deepStrictEqual(
      answers.flatMap((names) => missing(names, [])),
      []
    )
    assert.deepStrictEqual(
      rows.filter((row) => namesIn(row, row.split("|").length - 2).length === 0),
      []
    )
  })

  it("are there, in the architecture's tables of modules", () => {
    const rooms = new Set(["message", "lane", "intake", "again", "threads"])
    const rows = rowsBelow(textOf("architecture.md"), (heading) => heading.startsWith("Inside "))
    const answers = rows.map((row) => namesIn(row, 1).filter((name) => !rooms.has(name)))
    assert.isAbove(answers.flat().length, 90)
    assert.deepStrictEqual(
      answers.flatMap((names) =>
        missing(names, ["packages/core/src/engine", "packages/operations/src", "packages"])
      ),
      []
    )
  })
})
