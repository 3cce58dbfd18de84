import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { gzipSync } from "node:zlib"
import { Sample } from "@millrace/events-braze"
import { files } from "@millrace/source-files"
import { sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Parquet from "../../objects/test/support/parquet.ts"
import * as Avro from "./support/avro.ts"

const time = 1_782_742_805_000
const lines = (seed: number, count: number) => {
  const sample = Sample.make({ seed, users: 20 })
  return Array.from({ length: count }, (_, index) => sample.event("users.messages.email.Open", index, time))
}
const textOf = (events: ReturnType<typeof lines>) =>
  events.map((event) => `${JSON.stringify(Sample.toCustomHttp(event))}\n`).join("")

// One block, so that a checkpoint stands within it.
const avro = Avro.sample(2500, 2500)
const packed = Avro.sample(300, 40, "users.messages.sms.Send", 2)
const plain = lines(3, 1500)
const gzipped = lines(4, 1200)
// Row groups of which one is two chunks.
const table = lines(5, 1300)
const contents = {
  "event_type=a/date=2026-06-29-00/1.avro": Avro.file(avro, "deflate"),
  "event_type=b/date=2026-06-29-00/1.avro": Avro.file(packed, "snappy"),
  "event_type=c/date=2026-06-29-01/1.ndjson": `${textOf(plain)}{"half\n{}\n`,
  "event_type=d/date=2026-06-29-02/1.json.gz": gzipSync(`nonsense\n${textOf(gzipped)}`),
  "event_type=d/date=2026-06-29-02/2.parquet": Parquet.file(table.map(Parquet.rowOf), 1000),
  "event_type=e/date=2026-06-29-02/1.json": "[1, 2, 3]"
}
const events = [...Avro.eventsOf(avro), ...Avro.eventsOf(packed), ...plain, ...gzipped, ...table]

const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const root = mkdtempSync(join(tmpdir(), "millrace-files-"))
    for (const [path, bytes] of Object.entries(contents)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), bytes)
    }
    return root
  }),
  (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true }))
)

sourceConformance({
  plugin: files,
  kind: "pull",
  replayable: true,
  supply: Effect.map(folder, (path) => ({
    settings: { path, format: "braze-currents" },
    ids: events.map(({ id }) => id),
    malformed: 4
  })),
  // Two files are read side by side.
  limits: { appends: 2 },
  readme: new URL("../README.md", import.meta.url)
})
