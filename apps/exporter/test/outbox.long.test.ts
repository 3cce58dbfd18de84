import { execFileSync } from "node:child_process"
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded, type Program, saidBy } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const slow = { kind: "slow-answer", wait: 40 } as const
const types = ["users.messages.email.Open"] as const

interface Trouble {
  /** The state directory's folder; the directory itself is `state` in it. */
  readonly folder: string
  readonly begin: (database: string, program: Program) => void
  /** While it lasts, with the run ended. */
  readonly meanwhile?: (millrace: World.World["millrace"], file: string) => Effect.Effect<void>
  readonly mend: (database: string) => void
  /** What is said of it, beside the directory. */
  readonly texts: ReadonlyArray<string>
}

/**
 * A run whose outbox gets into trouble half way through a long backlog: it ends soon, with 1 and one line that names
 * the directory and what to do. When the trouble is over the next run delivers what is left, and nothing is missing.
 */
const survives = Effect.fnUntraced(function* (
  troubleOf: (world: World.World) => Effect.Effect<Trouble, never, Scope>
) {
  const world = yield* World.make
  const trouble = yield* troubleOf(world)
  const directory = join(trouble.folder, "state")
  const database = join(directory, "outbox.db")
  const down = { kind: "status", status: 503 } as const
  const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [down] })
  const totals = () => emulator.state().totals
  const summary = world.writeExport({ seed: 51, events: 20_000, types })
  const outbox = { use: "@millrace/outbox-sqlite", settings: { path: directory } }
  const file = world.configure({ ...World.configuration(emulator.url), outbox })
  assertEnded(yield* world.millrace(["run", file, "--patience", "1 second"]), 3)

  emulator.fail([slow])
  const program = yield* world.start(["run", file])
  while (totals().distinctEvents < 500) yield* Effect.sleep("5 millis")
  trouble.begin(database, program)
  const ended = yield* program.ended
  assertEnded(ended, 1)
  const lines = saidBy(ended).trim().split("\n")
  assert.strictEqual(lines.length, 1, ended.stderr)
  for (const text of ["millrace: ", directory, ...trouble.texts]) assert.include(lines[0], text)
  assert.isBelow(totals().distinctEvents, summary.events / 2)
  if (trouble.meanwhile !== undefined) yield* trouble.meanwhile(world.millrace, file)

  trouble.mend(database)
  emulator.fail([])
  const last = yield* world.millrace(["run", file, "--json"])
  assertEnded(last, 0)
  const { delivered, read, waiting } = Ledgers.totals(Ledgers.parse(last.stdout))
  assert.deepStrictEqual([read, waiting], [summary.events, 0])
  assert.strictEqual(totals().distinctEvents, delivered)
  assert.strictEqual(totals().conflicting, 0)
})

/** Nonsense over all but the first page of a database, and over its log. */
const spoil = (database: string): void => {
  for (const [name, start] of [
    [database, 16_384],
    [`${database}-wal`, 32]
  ] as const) {
    const size = Math.max(0, statSync(name).size - start)
    const file = openSync(name, "r+")
    writeSync(file, Buffer.alloc(size, 0xff), 0, size, start)
    closeSync(file)
  }
}

const run = (command: string, ...args: ReadonlyArray<string>) =>
  execFileSync(command, args, { stdio: "ignore" })

/** A file system of its own in a file of `folder`, mounted at the path that is returned. */
const makeDisk = (folder: string) => {
  const [image, path] = [join(folder, "disk.ext4"), join(folder, "disk")]
  mkdirSync(path)
  writeFileSync(image, "")
  truncateSync(image, 64 * 1024 * 1024)
  run("mkfs.ext4", "-q", "-F", image)
  const mount = () => run("mount", "-o", "loop,errors=remount-ro", image, path)
  mount()
  return {
    path,
    unmount: () => run("umount", path),
    /** What the kernel does by itself when a disk fails: from now on nothing can be written. */
    turnReadOnly: () => run("mount", "-o", "remount,abort", path),
    repair: () => {
      run("umount", path)
      // Ends with 1 when it corrected something.
      run("sh", "-c", 'e2fsck -fy "$0" || test $? = 1', image)
      mount()
    }
  }
}

/** Whether this machine lets us: it takes root, and more rights than most containers give. */
const mounts = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-disk-"))
  try {
    makeDisk(folder).unmount()
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
})()

describe("an outbox in trouble during a run loses nothing, and the run says what to do", () => {
  it.live("when another program keeps it locked", () => {
    let other: DatabaseSync
    return survives((world) =>
      Effect.succeed({
        folder: world.folder,
        begin: (database) => {
          other = new DatabaseSync(database, { timeout: 5_000 })
          other.exec("begin immediate")
        },
        mend: () => other.close(),
        texts: ["another program keeps the outbox in", "locked", "nothing was lost; close it", "run again"]
      })
    )
  })

  it.live("when its disk fails", () =>
    survives((world) =>
      Effect.succeed({
        folder: world.folder,
        // Whatever the program writes to any file fails from now on.
        begin: (_database, program) => run("prlimit", "--pid", `${program.pid}`, "--fsize=0"),
        mend: () => {},
        texts: ["the disk that holds", "failed", "check the disk and its mount, then run again"]
      })
    )
  )

  it.live.skipIf(!mounts)(
    "when its file system turns read-only; and its status can be seen all the same",
    () =>
      survives((world) =>
        Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => makeDisk(world.folder)),
            ({ unmount }) => Effect.sync(unmount)
          ),
          ({ path, repair, turnReadOnly }) => ({
            folder: path,
            begin: turnReadOnly,
            meanwhile: Effect.fnUntraced(function* (millrace, file) {
              const told = yield* millrace(["status", file])
              assertEnded(told, 0)
              assert.match(told.stdout, /mparticle {2}unbound {2}open/)
              assert.include(told.stdout, "the ledger balances")
              assert.include(told.stderr, `${path}/state is on a read-only file system`)
              assertEnded(yield* millrace(["run", file]), 1)
            }),
            mend: repair,
            texts: ["the disk that holds", "failed", "check the disk and its mount, then run again"]
          })
        )
      )
  )

  it.live("when it is damaged: verify finds that, and a backup takes its place", () => {
    const backupOf = (database: string) => join(database, "..", "..", "backup.db")
    return survives((world) =>
      Effect.succeed({
        folder: world.folder,
        begin: (database) => {
          const db = new DatabaseSync(database)
          db.prepare("vacuum into ?").run(backupOf(database))
          db.close()
          spoil(database)
        },
        meanwhile: Effect.fnUntraced(function* (millrace, file) {
          const verified = yield* millrace(["outbox", "verify", file])
          assertEnded(verified, 5)
          assert.include(verified.stdout, "damage: ")
        }),
        mend: (database) => {
          for (const name of [database, `${database}-wal`, `${database}-shm`]) rmSync(name, { force: true })
          renameSync(backupOf(database), database)
        },
        texts: ["the outbox in", "is damaged", "verify the outbox, then restore a backup"]
      })
    )
  })
})
