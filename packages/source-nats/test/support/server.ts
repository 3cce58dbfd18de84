/** A nats-server of its own for tests, with JetStream: it can be killed, and started again over what it stored. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { freePort } from "../../../../tools/freePort.ts"

const fetched = fileURLToPath(new URL("../../../../.toolchain-nats/usr/sbin/nats-server", import.meta.url))

const isServer = (path: string) => spawnSync(path, ["--version"]).status === 0

/** The program; `undefined` where there is none. `npm run nats-server` fetches it. */
export const program: string | undefined = [process.env["NATS_SERVER"], fetched, "nats-server"].find(
  (path): path is string => path !== undefined && isServer(path)
)

export const title = (name: string): string =>
  program === undefined
    ? `${name} (left out: there is no nats-server; run: npm run nats-server, or name one in NATS_SERVER)`
    : name

export interface Server {
  readonly url: string
  readonly kill: Effect.Effect<void>
  readonly start: Effect.Effect<void>
}

const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds()
      ? Effect.void
      : Effect.andThen(
          Effect.callback<void>((resume) => void setTimeout(() => resume(Effect.void), 5)),
          until(holds)
        )
  )

/** Started; gone with the scope, with all it stored. `more` stands in its configuration. */
export const start = Effect.fnUntraced(function* (more = "") {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-nats-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const ports = join(folder, "ports")
  const config = join(folder, "nats.conf")
  mkdirSync(ports)
  const port = yield* Effect.promise(() => freePort())
  let child: ChildProcess | undefined

  /** It says where it listens as soon as it does. */
  const isListening = () => readdirSync(ports).some((name) => readFileSync(join(ports, name), "utf8") !== "")

  const begin = Effect.gen(function* () {
    for (const name of readdirSync(ports)) rmSync(join(ports, name))
    writeFileSync(
      config,
      `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${join(folder, "data")}" }\nports_file_dir: "${ports}"\n${more}\n`
    )
    child = spawn(program ?? "", ["-c", config], { stdio: ["ignore", "ignore", "pipe"] })
    let said = ""
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text))
    yield* until(() => child?.exitCode !== null || isListening())
    if (!isListening()) return yield* Effect.die(new Error(`nats-server did not start:\n${said}`))
  })

  const end = Effect.suspend(() => {
    const running = child
    if (running === undefined) return Effect.void
    running.kill("SIGKILL")
    return until(() => running.exitCode !== null || running.signalCode !== null)
  })

  yield* Effect.addFinalizer(() => end)
  yield* begin
  if (!existsSync(config)) return yield* Effect.die(new Error("no configuration"))
  return { url: `nats://127.0.0.1:${port}`, kill: end, start: begin } satisfies Server
})
