import { describe, expect, it } from "vitest"
import { sleeps } from "../structure/sleeps.ts"

describe("a test that sleeps", () => {
  it.each([
    ['  yield* Effect.sleep("50 millis")', [1]],
    ["ask()\n    await setTimeout(20)\n", [2]],
    ["  return yield* Effect.sleep(wait)", [1]],
    ["  await sleep(5)\n  await sleep(5)", [1, 2]],
    ["  // It takes a while.\n  yield* Effect.sleep(5)", [2]]
  ])("is found: %j", (text, lines) => {
    expect(sleeps(text)).toEqual(lines)
  })

  it.each([
    "  while (!holds()) yield* Effect.sleep(5)",
    "  // Sleeps, since a kill may come at any moment.\n  yield* Effect.sleep(wait)",
    "  append: () => Effect.delay(inner.append(), 1),",
    '  const later = Effect.sleep("1 second")'
  ])("is none: %j", (text) => {
    expect(sleeps(text)).toEqual([])
  })
})
