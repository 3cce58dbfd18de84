import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import { outboxConformance } from "@millrace/testing/OutboxConformance"
import * as Effect from "effect/Effect"

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

outboxConformance("OutboxSqlite.layer", {
  layer: (size) =>
    Effect.map(directory, (path) => OutboxSqlite.layer({ directory: join(path, "state"), size })),
  durable: true
})

outboxConformance("OutboxSqlite.layerInThread", {
  layer: (size) =>
    Effect.map(directory, (path) => OutboxSqlite.layerInThread({ directory: join(path, "state"), size })),
  durable: true
})
