/** The files of a page, as they are served. */
import { gunzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Page } from "../src/index.ts"

/** Bytes of a whole page, packed. */
const most = 45_000

describe.each(["exporter", "emulator"] as const)("the page of the %s", (name) => {
  it.live("is below 45 kB in all, and asks nobody else for anything", () =>
    Effect.gen(function* () {
      const page = yield* Page.load(name)
      assert.deepStrictEqual([...page.keys()], ["/", "/page.js", "/page.css", "/icon.svg"])
      const files = [...page.values()]
      assert.isBelow(
        files.reduce((sum, { packed }) => sum + packed.length, 0),
        most
      )
      for (const { bytes, packed } of files) {
        assert.isAbove(bytes.length, 0)
        assert.deepStrictEqual(gunzipSync(packed), bytes)
        const addresses = [...bytes.toString().matchAll(/https?:\/\/[\w.-]+/g)].map(([address]) => address)
        assert.deepStrictEqual(
          addresses.filter((address) => address !== "http://www.w3.org"),
          []
        )
      }
    })
  )

  it.live("is sent once: whoever has it is told that it has not changed", () =>
    Effect.gen(function* () {
      const page = yield* Page.load(name)
      const first = Page.answer(page, "/page.js", {})!
      assert.strictEqual(first.status, 200)
      const again = Page.answer(page, "/page.js", { "if-none-match": first.headers["etag"] })!
      assert.deepStrictEqual([again.status, again.body.length], [304, 0])
      const packed = Page.answer(page, "/page.js", { "accept-encoding": "br, gzip" })!
      assert.strictEqual(packed.headers["content-encoding"], "gzip")
      assert.deepStrictEqual(gunzipSync(packed.body), first.body)
      assert.match(
        first.headers["content-security-policy"] ?? "",
        /default-src 'none'.*frame-ancestors 'none'/
      )
      assert.isUndefined(Page.answer(page, "/../package.json", {}))
    })
  )
})
