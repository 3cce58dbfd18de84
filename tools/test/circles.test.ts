import { assert, describe, it } from "vitest"
import { circles } from "../structure/circles.ts"

const graph = (edges: Readonly<Record<string, string>>) =>
  new Map(Object.entries(edges).map(([file, imports]) => [file, [...imports]]))

const found = (edges: Readonly<Record<string, string>>) =>
  circles(graph(edges)).map((circle) => [...circle].sort().join(""))

describe("circles", () => {
  it("are none where all imports point down, whatever is reached twice", () => {
    assert.deepStrictEqual(found({ a: "bc", b: "d", c: "d", d: "" }), [])
  })

  it("hold every file that leads back to itself, and no other", () => {
    assert.deepStrictEqual(found({ a: "b", b: "c", c: "bd", d: "", e: "af", f: "e" }), ["bc", "ef"])
    assert.deepStrictEqual(found({ a: "bc", b: "a", c: "da", d: "c" }), ["abcd"])
    assert.deepStrictEqual(found({ a: "a" }), ["a"])
  })

  it("pass over what is no file of the package", () => {
    assert.deepStrictEqual(found({ a: "x" }), [])
  })
})
