import { describe, expect, it } from "@effect/vitest"
import * as KeySet from "../src/internal/keySet.ts"

describe("a set of keys", () => {
  it("tells what is there, and under which tag it was read", () => {
    const set = KeySet.make()
    set.add("a")
    set.add("b", "1")
    expect([set.has("a"), set.has("b"), set.has("c")]).toEqual([true, true, false])
    expect([set.isRead("a", ""), set.isRead("b", "1"), set.isRead("b", "2")]).toEqual([false, true, false])
    set.add("b", "2")
    expect([set.isRead("b", "1"), set.isRead("b", "2")]).toEqual([false, true])
  })

  it("grows, and keeps no more than it may", () => {
    const set = KeySet.make(50_000)
    for (let index = 0; index < 50_100; index++) set.add(`key ${index}`, String(index))
    expect(set.isFull()).toBe(true)
    const kept = Array.from({ length: 50_000 }, (_, index) => set.isRead(`key ${index}`, String(index)))
    expect(kept.every(Boolean)).toBe(true)
    expect([set.has("key 50050"), set.has("another")]).toEqual([false, false])
  })
})
