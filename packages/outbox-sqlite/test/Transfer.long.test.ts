import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import { transferConformance } from "@millrace/testing/TransferConformance"
import * as Effect from "effect/Effect"

transferConformance("OutboxSqlite", () =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    ),
    (path) => {
      const directory = join(path, "state")
      return {
        transfer: OutboxSqlite.transfer({ directory }),
        layer: OutboxSqlite.layerInThread({ directory })
      }
    }
  )
)
