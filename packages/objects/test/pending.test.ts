import { describe, expect, it } from "@effect/vitest"
import * as Pending from "../src/internal/pending.ts"

const object = (key: string) => ({ key, size: 1, tag: "1", modified: 0 })

describe("objects to be read", () => {
  it("are ordered by hour and key, each once", () => {
    const pending = Pending.make()
    for (const [key, hour] of [
      ["b", "2026-11-29-02"],
      ["c", "2026-11-29-01"],
      ["a", "2026-11-29-02"],
      ["a", "2026-11-29-02"],
      ["z", ""]
    ] as const)
      pending.add(object(key), hour)
    expect(pending.inOrder().map(({ key }) => key)).toEqual(["z", "c", "a", "b"])
    expect(pending.isCut()).toBe(false)
  })

  it("are no more than memory should hold: the earliest hours, and it says that others were left out", () => {
    const pending = Pending.make(10)
    for (let index = 99; index >= 0; index--) {
      pending.add(object(`k${index}`), `2026-11-29-${String(index).padStart(2, "0")}`)
    }
    const kept = pending.inOrder().map(({ key }) => key)
    expect(pending.isCut()).toBe(true)
    expect(kept.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, index) => `k${index}`))
    expect(kept.length).toBeLessThan(20)
  })
})
