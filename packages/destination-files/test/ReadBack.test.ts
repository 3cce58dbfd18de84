import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import type { Event } from "@millrace/core/Event"
import { Bytes, EventJson, SplitReader } from "@millrace/formats"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { deliver, event, temporaryFolder, visible } from "./support/subject.ts"

const format = { lines: EventJson.lines, rows: EventJson.rows, otherwise: "not-events" }

/** The events of a file, as a source with `format: event` reads them. */
const readBack = Effect.fnUntraced(function* (path: string) {
  const events: Array<Event> = []
  const reader = yield* SplitReader.make({
    plugin: "@acme/source",
    format,
    intake: {
      append: (chunk) =>
        Effect.sync(() => {
          assert.deepStrictEqual(chunk.malformed, [])
          events.push(...chunk.events)
        }),
      expect: () => Effect.void
    }
  })
  const bytes = readFileSync(path)
  const split = {
    split: path,
    label: path,
    size: bytes.length,
    open: Effect.succeed(Bytes.fromBuffer(bytes))
  }
  yield* reader.read(split, Option.none())
  return events
})

for (const compression of ["none", "snappy"] as const) {
  it.live(`Parquet with compression ${compression} is read back as the events that were delivered`, () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const properties = {
        text: "é\u{1f600}",
        deep: { list: [1, null, 2.5e-9, true, ""] },
        n: 9007199254740991
      }
      const events = [
        ...Array.from({ length: 2000 }, (_, index) => event(`e-${index}`)),
        event("all", {
          user: { sourceId: "s", externalId: "x", deviceId: "d", timezone: "Europe/Berlin" },
          properties: { ...properties, ["__proto__x"]: 1 }
        }),
        event("none", { properties: {} })
      ]
      yield* deliver({ path, format: "parquet", compression, partitionBy: [] }, events)
      const [file = ""] = visible(path)
      assert.deepStrictEqual(yield* readBack(join(path, file)), events)
    })
  )
}
