import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, assert, describe, it } from "@effect/vitest"

const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs")
const pairs = fileURLToPath(new URL("support/pairs.ts", import.meta.url))

const folders: Array<string> = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A folder of pairs and a test of them, for a vitest of its own. */
const folderOf = (files: Readonly<Record<string, unknown>>): string => {
  const folder = mkdtempSync(join(tmpdir(), "golden-"))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content))
  }
  writeFileSync(join(folder, "golden.test.ts"), `import ${JSON.stringify(pairs)}\n`)
  return folder
}

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly message: string
    readonly assertionResults: ReadonlyArray<{
      readonly title: string
      readonly status: string
      readonly failureMessages: ReadonlyArray<string>
    }>
  }>
}

/** Each test with why it failed, or nothing where it passed; and why none could be declared. */
const run = (folder: string, ...flags: ReadonlyArray<string>) => {
  const told = join(folder, "report")
  const given = [vitest, "run", "--root", folder, "--reporter", "json", "--outputFile", told, ...flags]
  // As on a developer's machine, by hand: neither in CI nor within another vitest.
  const env = { PATH: process.env["PATH"], HOME: folder }
  const { stderr } = spawnSync(process.execPath, given, { cwd: folder, env, encoding: "utf8" })
  assert.isTrue(existsSync(told), stderr)
  const report: Report = JSON.parse(readFileSync(told, "utf8"))
  const [file] = report.testResults
  return {
    problem: file?.message ?? "",
    tests: Object.fromEntries(
      (file?.assertionResults ?? []).map(({ failureMessages, title }) => [title, failureMessages.join("\n")])
    )
  }
}

const order = { id: "1", type: "order.placed", time: 0, user: { externalId: "u" }, properties: { total: 5 } }
const message = { id: "1", type: "order.placed", total: 5 }

describe("golden pairs", () => {
  it("compare as data, tell what differs or cannot be sent, and are written anew by -u alone", () => {
    const folder = folderOf({
      "right.json": { out: { total: 5, type: "order.placed", id: "1" }, in: order },
      "wrong.json": { note: "kept", in: order, out: { ...message, total: 6 } },
      "new.json": { in: { ...order, type: "order.returned", properties: { why: "small" } } },
      "text.json": { in: { ...order, id: "text" }, out: "one line" },
      "skipped.json": { in: { ...order, user: {} }, out: message },
      "rejected.json": { in: { ...order, id: "bad" }, out: message },
      "invalid.json": { in: { ...order, properties: { total: "5" } }, out: message },
      "notes.txt": "no pair"
    })
    const right = readFileSync(join(folder, "right.json"), "utf8")
    const { tests } = run(folder)
    const passed = ["right.json", "text.json", "what went in is returned"]
    assert.deepStrictEqual(
      Object.keys(tests).filter((title) => tests[title] === ""),
      passed
    )
    assert.include(tests["wrong.json"], "mismatched")
    assert.include(tests["new.json"], "mismatched")
    assert.include(tests["skipped.json"], "@millrace/destination-acme skips it: anonymous")
    assert.include(tests["rejected.json"], "@millrace/destination-acme rejects it: bad-id")
    assert.include(tests["invalid.json"], "@millrace/destination-acme does not accept it")
    assert.notProperty(tests, "notes.txt")

    run(folder, "-u")
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"))
    assert.deepStrictEqual(read("wrong.json"), { note: "kept", in: order, out: message })
    assert.deepStrictEqual(read("new.json").out, { id: "1", type: "order.returned", why: "small" })
    assert.strictEqual(readFileSync(join(folder, "right.json"), "utf8"), right)
    assert.deepStrictEqual(read("skipped.json").out, message)
    const again = run(folder).tests
    assert.deepStrictEqual([again["wrong.json"], again["new.json"]], ["", ""])
  })

  it.each([
    [{}, "no golden pairs: put"],
    [{ "a.json": { in: order, out: message }, "b.json": { out: message } }, 'b.json has no "in"'],
    [{ "a.json": "[" }, "a.json is no JSON"]
  ])("of %j cannot be declared", (files, says) => {
    const { problem, tests } = run(folderOf(files))
    assert.include(problem, says)
    assert.deepStrictEqual(tests, {})
  })
})
