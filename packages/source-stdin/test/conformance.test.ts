import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { StdinSource } from "@millrace/source-stdin"
import { Conformance, SourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"

const events = Array.from({ length: 5000 }, (_, index) => ({
  id: `event-${index}`,
  type: "order.placed",
  time: 1_782_742_805_000 + index,
  user: { externalId: `customer-${index % 7}` },
  properties: { index, text: "Größe" }
}))
const lines = events.map((event) => JSON.stringify(event))

const text = ["nonsense", ...lines.slice(0, 3000), "{}", ...lines.slice(3000), '{"cut'].join("\n")

// A file in place of standard input: it can be read again for each promise, and its descriptors are counted.
let path = ""
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-stdin-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
)

const suite = SourceConformance.sourceSuite({
  plugin: StdinSource.plugin(() => createReadStream(path)),
  kind: "pull",
  supply: Effect.map(folder, (made) => {
    path = join(made, "events.ndjson")
    writeFileSync(path, text)
    return { settings: { format: "event" as const }, ids: events.map(({ id }) => id), malformed: 3 }
  }),
  limits: { appends: 1, records: 2000, bytes: 512 * 1024 },
  readme: new URL("../README.md", import.meta.url)
})

/** A pipe is neither of the suite's kinds: it has no splits to come back to, and no sender who is answered. */
const isOfSplits = (promise: string): boolean =>
  /where it stopped|claim|checkpoint|keeps watching/.test(promise)

Conformance.declare({
  ...suite,
  promises: suite.promises.filter(({ promise }) => !isOfSplits(promise)),
  leftOut: [...suite.leftOut, "splits"]
})
