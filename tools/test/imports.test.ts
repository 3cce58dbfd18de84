import { describe, expect, it } from "vitest"
import { importProblems, importsHttp, roomProblem, specifiersIn } from "../structure/imports.ts"

/** What is wrong with an import of a module of a package. */
const problems = (name: string, specifier: string, file = "src/internal/run.ts") => {
  const folder = `/repository/packages/${name}`
  return importProblems({ name: `@millrace/${name}`, folder, file: `${folder}/${file}` }, specifier)
}

describe("what a text imports", () => {
  it("is found in every form", () => {
    const text = `import * as A from "a"
import { type B,
  c } from "./b.ts"
import "d"
export { e } from "e"
const f = await import("f")
const text = 'from "nowhere"'
`
    expect(specifiersIn(text)).toEqual(["a", "./b.ts", "d", "e", "f"])
  })
})

describe("an import of node:http", () => {
  it.each([
    ['import { request } from "node:http"', true],
    ['import * as Http from "node:http"', true],
    ['import { a } from "b"\nimport {\n  type A,\n  b\n} from "node:http"', true],
    ['import type { Server } from "node:http"', false],
    ['import { a } from "b"\nimport type * as Http from "node:http"', false]
  ])("of more than types is found: %s", (text, found) => {
    expect(importsHttp(text)).toBe(found)
  })
})

describe("an import", () => {
  it.each([
    ["core", "node:path"],
    ["core", "effect/Effect"],
    ["core", "../Outbox.ts"],
    ["config", "@millrace/core/Outbox"],
    ["source-s3", "@millrace/objects/ObjectSource"],
    ["source-files", "@millrace/formats"],
    ["destination-mparticle", "@millrace/events-braze/Braze"],
    ["exporter", "@millrace/outbox-sqlite"]
  ])("may be: %s imports %s", (name, specifier) => {
    expect(problems(name, specifier)).toEqual([])
  })

  it.each([
    ["core", "path", "import node:path, with its prefix"],
    ["core", "effect", 'imports the barrel of effect; import the module, as in "effect/Effect"'],
    ["core", "@millrace/http", "@millrace/core may not import @millrace/http"],
    ["config", "@millrace/operations", "@millrace/config may not import @millrace/operations"],
    ["source-files", "@millrace/source-s3", "@millrace/source-files may not import @millrace/source-s3"],
    ["destination-http", "@millrace/testing", "@millrace/destination-http may not import @millrace/testing"],
    [
      "source-files",
      "@millrace/formats/internal/lines.js",
      "imports the inside of a package: @millrace/formats/internal/lines.js"
    ],
    ["core", "../../../http/src/Status.ts", "reaches out of its package: ../../../http/src/Status.ts"],
    // Its name begins as that of the package does.
    ["source-s3", "../../../source-s3-more/a.ts", "reaches out of its package: ../../../source-s3-more/a.ts"]
  ])("may not be: %s imports %s", (name, specifier, problem) => {
    expect(problems(name, specifier)).toEqual([problem])
  })
})

describe("a file of the engine", () => {
  it("imports its own room, those above it, and is composed by what stands beside them", () => {
    expect(roomProblem("lane/Lane.ts", "lane/Step.ts")).toBeUndefined()
    expect(roomProblem("again/Revive.ts", "intake/Plan.ts")).toBeUndefined()
    expect(roomProblem("Engine.ts", "lane/Pacing.ts")).toBeUndefined()
  })

  it("imports no room below it, nothing beside the rooms, and stands in none that is not named", () => {
    expect(roomProblem("message/Item.ts", "lane/Step.ts")).toBe("the room message may not import lane")
    expect(roomProblem("threads/Readers.ts", "lane/Step.ts")).toBe("the room threads may not import lane")
    expect(roomProblem("lane/Lane.ts", "Engine.ts")).toBe(
      "the room lane may not import what stands beside the rooms"
    )
    expect(roomProblem("attic/Old.ts", "attic/Older.ts")).toBe(
      "is in a room of the engine that docs/architecture.md does not name"
    )
  })
})
