import { describe, expect, it } from "@effect/vitest"
import { Digits } from "@millrace/core"

describe("grouped", () => {
  it("is what Intl makes of a number for English readers", () => {
    const format = new Intl.NumberFormat("en-US")
    for (const value of [0, 7, 999, 1000, -1000, 12_345.6, 1_234_567.8914, 0.0004, 2 ** 53, -999])
      expect(Digits.grouped(value)).toBe(format.format(value))
  })
})
