import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, statSync, utimesSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { batchAt } from "./support/history.ts"
import {
  batchOf,
  contents,
  event,
  idsIn,
  open as opened,
  type SettingsInput,
  temporaries,
  temporaryFolder,
  visible
} from "./support/subject.ts"

const program = fileURLToPath(new URL("./support/writer.ts", import.meta.url))
const argumentsFor = (settings: SettingsInput, from: number, to: number) => [
  program,
  JSON.stringify(settings),
  `${from}`,
  `${to}`
]

const told = (output: string): ReadonlyArray<{ readonly number: number }> =>
  output
    .slice(0, output.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

/** Kills a writer while a temporary file of its stands there. Returns the batch after the last settled one. */
const killed = async (settings: SettingsInput, from: number): Promise<number> => {
  const writer = spawn(process.execPath, argumentsFor(settings, from, Number.MAX_SAFE_INTEGER), {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  writer.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text
  })
  const closed = once(writer, "close")
  while (told(output).length === 0) await sleep(1)
  await stopped(writer, settings.path)
  writer.kill("SIGKILL")
  await closed
  return Math.max(from, ...told(output).map(({ number }) => number + 1))
}

const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time))

/** Stopped first and looked at then: between a look and a kill it would go on. */
const stopped = async (writer: ChildProcess, path: string): Promise<void> => {
  for (let tries = 0; tries < 300; tries++) {
    writer.kill("SIGSTOP")
    // Sleeps, since nothing tells that another process has stopped.
    await sleep(5)
    // Others may be left by the writers before it.
    if (temporaries(path).some((name) => name.startsWith(`${writer.pid}-`))) return
    writer.kill("SIGCONT")
    // Sleeps, so that it comes on by some of its way.
    await sleep(1)
  }
}

const age = (path: string) => {
  const past = Date.now() / 1000 - 7200
  for (const name of temporaries(path)) utimesSync(join(path, ".tmp", name), past, past)
}

const finish = (settings: SettingsInput, from: number, to: number) =>
  execFileSync(process.execPath, argumentsFor(settings, from, to), { encoding: "utf8" })

describe("a process that is killed while it writes", () => {
  for (const format of ["ndjson", "parquet"] as const) {
    it.live(`leaves only whole files, and the next one goes on without doubling any (${format})`, () =>
      Effect.gen(function* () {
        const path = yield* temporaryFolder
        const settings = { path, format }
        let next = 0
        let leftOver = 0
        for (let round = 0; round < 4; round++) {
          next = yield* Effect.promise(() => killed(settings, next))
          leftOver += temporaries(path).length
          const ids = new Set(idsIn(yield* contents(path)))
          for (let number = 0; number < next; number++) {
            for (const { id } of batchAt(number)) assert.isTrue(ids.has(id), `${id} is lost`)
          }
          age(path)
        }
        assert.isAbove(leftOver, 0, "no kill was within a write")
        finish(settings, next, next + 2)
        const expected = Array.from({ length: next + 2 }, (_, number) => batchAt(number)).flat()
        assert.deepStrictEqual(idsIn(yield* contents(path)), expected.map(({ id }) => id).sort())
        assert.deepStrictEqual(temporaries(path), [])
      })
    )
  }
})

describe("a process that may not write", () => {
  it.live("as much as it wants keeps what there is no room for, and writes the rest", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const command = ["-c", 'ulimit -f 64; exec "$0" "$@"', process.execPath]
      const output = execFileSync("sh", [...command, ...argumentsFor({ path }, 0, 1)], { encoding: "utf8" })
      assert.deepStrictEqual(JSON.parse(output), { number: 0, verdicts: ["Delivered", "disk-full"] })
      assert.deepStrictEqual(idsIn(yield* contents(path)), ["0-last"])
      assert.deepStrictEqual(temporaries(path), [])
    })
  )

  it.live("to the folder at all says so", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      chmodSync(path, 0o555)
      const output = execFileSync(process.execPath, [...argumentsFor({ path }, 0, 1), "unprivileged"], {
        encoding: "utf8"
      })
      chmodSync(path, 0o755)
      assert.strictEqual(JSON.parse(output), "no-permission")
    })
  )
})

/** Every `sync` of a file or folder in this process goes through here first, until the scope ends. */
const watchingSyncs = (watch: (handle: FileHandle) => Promise<void>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const handle = await open(program)
      const prototype: FileHandle = Object.getPrototypeOf(handle)
      await handle.close()
      const { sync } = prototype
      prototype.sync = async function (this: FileHandle) {
        await watch(this)
        return sync.call(this)
      }
      return () => {
        prototype.sync = sync
      }
    }),
    (restore) => Effect.sync(restore)
  )

describe("a loss of power", () => {
  it.live(
    "takes nothing that was delivered: the file, its name and all folders above were made durable",
    () =>
      Effect.gen(function* () {
        const root = yield* temporaryFolder
        const path = join(root, "new", "lake")
        const synced: Array<{ readonly inode: number; readonly visible: number }> = []
        yield* watchingSyncs(async (handle) => {
          const { ino } = await handle.stat()
          synced.push({ inode: ino, visible: visible(path).length })
        })
        const subject = opened({ path })
        const connection = yield* subject.connect("main")
        yield* connection.deliver(batchOf(subject, [event("1")]))
        const [name] = visible(path)
        const inodeOf = (at: string) => statSync(at).ino
        const day = join(path, "event_type=order.placed", "date=2026-06-29")
        for (const at of [
          root,
          join(root, "new"),
          path,
          join(path, "event_type=order.placed"),
          day,
          join(path, name!)
        ]) {
          assert.isTrue(
            synced.some(({ inode, visible }) => inode === inodeOf(at) && visible === 0),
            `${at} was not made durable before the file had its name`
          )
        }
        assert.deepStrictEqual(synced.at(-1), { inode: inodeOf(join(day, "hour=14")), visible: 1 })
      }).pipe(Effect.scoped)
  )

  it.live("is not feared where the disk refuses to keep something: its events wait", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      let left = 0
      let asked = 0
      yield* watchingSyncs(async () => {
        asked++
        if (--left === 0) throw Object.assign(new Error("refused"), { code: "EIO", syscall: "fsync" })
      })
      const subject = opened({ path })
      const write = Effect.scoped(
        Effect.flatMap(subject.connect("main"), ({ deliver }) => deliver(batchOf(subject, [event("1")])))
      )
      yield* write
      const most = asked
      for (let failing = 1; failing <= most; failing++) {
        left = failing
        const { outcome } = yield* Effect.flip(write)
        assert.deepInclude(outcome, { _tag: "Retry", reason: "disk-error" })
        assert.deepStrictEqual(temporaries(path), [])
      }
      assert.isAtLeast(most, 2)
    }).pipe(Effect.scoped)
  )
})
