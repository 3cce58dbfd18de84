/** What the thread of the store loads: all of it is resident memory of every exporter. */
import { execFileSync } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const program = `
import { registerHooks } from "node:module"
const asked = []
registerHooks({
  resolve: (specifier, context, next) => {
    asked.push(specifier)
    return next(specifier, context)
  }
})
await import("@millrace/outbox-sqlite/StoreWorker")
console.log(JSON.stringify(asked))`

describe("the thread of the store", () => {
  it("loads neither Effect's runtime nor its schemas", () => {
    const asked: ReadonlyArray<string> = JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
        cwd: fileURLToPath(new URL("..", import.meta.url)),
        encoding: "utf8"
      })
    )
    assert.include(asked, "node:sqlite")
    for (const module of ["effect", "effect/Effect", "effect/Schema"]) assert.notInclude(asked, module)
  })
})
