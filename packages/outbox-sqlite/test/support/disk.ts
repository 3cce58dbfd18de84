import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import type { Simulation } from "@millrace/testing"

/** Kept in memory where the system can: histories sync thousands of times. */
const place = existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

/**
 * A state directory that is copied at each crash while the database is open, as a killed process leaves it. `torn`: the
 * log ends in the beginnings of a transaction that never was.
 */
export const disk = (torn: boolean): Simulation.Disk => {
  const root = mkdtempSync(join(place, "millrace-simulated-"))
  let life = 0
  const directory = () => join(root, String(life))
  return {
    get layer() {
      return OutboxSqlite.layerInThread({ directory: directory() })
    },
    crash: () => {
      const from = directory()
      life++
      mkdirSync(directory(), { mode: 0o700 })
      for (const name of ["outbox.db", "outbox.db-wal"]) {
        if (existsSync(join(from, name))) copyFileSync(join(from, name), join(directory(), name))
      }
      const log = join(directory(), "outbox.db-wal")
      if (torn && existsSync(log)) appendFileSync(log, new Uint8Array(1000 + 700 * (life % 5)).fill(life))
    },
    remove: () => rmSync(root, { recursive: true, force: true })
  }
}
