import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Outbox, type OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

/** An empty folder, gone with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Opens the layer, uses the outbox and closes it again. */
export const session = Effect.fnUntraced(function* <A, E>(
  layer: Layer.Layer<Outbox, OutboxError>,
  use: (outbox: Outbox["Service"]) => Effect.Effect<A, E, Scope.Scope>
) {
  const scope = yield* Scope.Scope
  const built = yield* Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), scope)
  return yield* Effect.provide(Effect.flatMap(Outbox, use), built)
}, Effect.scoped)

interface Child {
  readonly pid: number
  /** The lines it has printed. */
  readonly lines: ReadonlyArray<string>
  readonly firstLine: Effect.Effect<string>
  readonly kill: Effect.Effect<void>
  /** Resolves once it has ended. */
  readonly ended: Effect.Effect<void>
}

const program = fileURLToPath(new URL("./child.ts", import.meta.url))

/** Another process on the same directory, killed at the latest with the scope. */
export const child = (
  mode: "hold" | "work" | "exit" | "throw" | "erase" | "interrupt",
  directory: string,
  uid?: number
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const running: ChildProcess = spawn(process.execPath, [program, mode, directory], {
        stdio: ["ignore", "pipe", "inherit"],
        ...(uid === undefined ? {} : { uid, gid: uid })
      })
      const lines: Array<string> = []
      const reader = createInterface({ input: running.stdout! })
      reader.on("line", (line) => lines.push(line))
      const closed = once(running, "close")
      // One that could not be started, or said nothing, is not waited for.
      const first = Promise.race([once(reader, "line"), closed.then(() => [""])])
      return {
        pid: running.pid!,
        lines,
        firstLine: Effect.promise(async () => String((await first)[0])),
        ended: Effect.promise(async () => void (await closed)),
        kill: Effect.promise(async () => {
          running.kill("SIGKILL")
          await closed
        })
      }
    }),
    ({ kill }) => kill
  )
