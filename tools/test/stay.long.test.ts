/** `npm start -- --stay`: what a newcomer looks at. */
import { type ChildProcess, spawn } from "node:child_process"
import { dirname, join } from "node:path"
import process from "node:process"
import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"

const root = dirname(dirname(import.meta.dirname))

const start = Effect.acquireRelease(
  Effect.sync(() =>
    spawn(process.execPath, [join(root, "tools/demo.ts"), "--stay"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"]
    })
  ),
  (child) => Effect.sync(() => child.exitCode ?? child.kill("SIGTERM"))
)

/** The addresses that it prints: of the exporter, then of the emulator. */
const addressesOf = (child: ChildProcess) =>
  Effect.callback<ReadonlyArray<string>>((resume) => {
    let said = ""
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text
      if (said.includes("Ctrl-C ends it"))
        resume(Effect.succeed([...said.matchAll(/http:\/\/[\w.:]+/g)].map(([address]) => address)))
    })
    child.once("close", () => resume(Effect.die(new Error(`it ended: ${said}`))))
  })

const answerOf = (url: string) =>
  Effect.promise(() =>
    fetch(url).then(
      (response) => response.text(),
      () => ""
    )
  )

const look = Effect.gen(function* () {
  const child = yield* start
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  const [exporter = "", emulator = ""] = yield* addressesOf(child)
  const held = Effect.map(answerOf(`${emulator}/_emulator/state`), (text): number =>
    text === "" ? 0 : JSON.parse(text).totals.distinctEvents
  )
  const before = yield* held
  // More than the sample export alone holds for the destination.
  while ((yield* held) < Math.max(before + 1, 30_000)) yield* Effect.sleep("100 millis")
  assert.include(yield* answerOf(exporter), "<title>Millrace</title>")
  assert.include(yield* answerOf(emulator), "<title>mParticle emulator</title>")
  const status = JSON.parse(yield* answerOf(`${exporter}/api/status`))
  assert.isTrue(status.running)
  child.kill("SIGINT")
  assert.strictEqual(yield* Effect.promise(() => ended), 0)
})

describe("the demonstration that stays", () => {
  it("shows two pages, and events go on arriving until it is stopped", () =>
    Effect.runPromise(Effect.scoped(look)))
})
