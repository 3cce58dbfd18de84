/** A PostgreSQL server of its own for tests: it can be killed, and started again over what it stored. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { freePort } from "../../../../tools/freePort.ts"
import * as Programs from "../../../../tools/postgres-server/programs.ts"

const programs = Programs.find(fileURLToPath(new URL("../../../../.toolchain-postgres", import.meta.url)))

export const isThere: boolean = programs !== undefined

export const title = (name: string): string =>
  isThere
    ? name
    : `${name} (left out: there is no PostgreSQL server; run: npm run postgres-server, or name a folder of its programs in POSTGRES_BIN)`

export interface Server {
  /** Address of a database of the server. */
  readonly url: (database?: string) => string
  readonly port: number
  /** The folder with what it stored. */
  readonly data: string
  readonly kill: Effect.Effect<void>
  /** Stops it in an orderly way, with all its connections. */
  readonly stop: Effect.Effect<void>
  readonly start: Effect.Effect<void>
}

const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds()
      ? Effect.void
      : Effect.andThen(
          Effect.callback<void>((resume) => void setTimeout(() => resume(Effect.void), 10)),
          until(holds)
        )
  )

/** Settings by which it offers TLS, with a certificate that nobody trusts. */
const tlsIn = (folder: string): ReadonlyArray<string> => {
  for (const name of ["certificate.pem", "key.pem"]) {
    const path = join(folder, name)
    copyFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)), path)
    chmodSync(path, 0o600)
    if (Programs.runsAs.uid !== undefined) chownSync(path, Programs.runsAs.uid, Programs.runsAs.gid ?? 0)
  }
  return [
    "ssl=on",
    `ssl_cert_file=${join(folder, "certificate.pem")}`,
    `ssl_key_file=${join(folder, "key.pem")}`
  ]
}

/** A database with nothing in it. */
const initialize = (bin: string, data: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const made = spawnSync(
      join(bin, "initdb"),
      ["-D", data, "-U", "millrace", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"],
      { ...Programs.runsAs, encoding: "utf8" }
    )
    return made.status === 0 ? Effect.void : Effect.die(new Error(`initdb failed:\n${made.stderr}`))
  })

/** What a server stored that is stopped, made to follow it: a base backup and `standby.signal`. */
const follow = (primary: Pick<Server, "data" | "port">, data: string): Effect.Effect<void> =>
  Effect.sync(() => {
    spawnSync("cp", ["-a", primary.data, data], Programs.runsAs)
    const signal = join(data, "standby.signal")
    writeFileSync(signal, "")
    if (Programs.runsAs.uid !== undefined) chownSync(signal, Programs.runsAs.uid, Programs.runsAs.gid ?? 0)
  })

export interface Options {
  readonly tls?: boolean
  /** Settings of the server, as `name=value`. */
  readonly settings?: ReadonlyArray<string>
  /** It is a standby of this one, which is stopped meanwhile. */
  readonly standbyOf?: Pick<Server, "data" | "port">
}

/** Started; gone with the scope, with all it stored. */
export const start = Effect.fnUntraced(function* ({ settings: more = [], standbyOf, tls }: Options = {}) {
  const bin = programs ?? ""
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const path = mkdtempSync(join(tmpdir(), "millrace-postgres-"))
      if (Programs.runsAs.uid !== undefined) chownSync(path, Programs.runsAs.uid, Programs.runsAs.gid ?? 0)
      return path
    }),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const data = join(folder, "data")
  yield* standbyOf === undefined ? initialize(bin, data) : follow(standbyOf, data)
  const port = yield* Effect.promise(() => freePort())
  let child: ChildProcess | undefined

  const begin: Effect.Effect<void> = Effect.suspend(() => {
    let said = ""
    const settings = [
      `port=${port}`,
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${folder}`,
      "max_connections=60",
      "shared_buffers=32MB",
      ...(standbyOf === undefined
        ? []
        : [`primary_conninfo=host=127.0.0.1 port=${standbyOf.port} user=millrace application_name=standby`]),
      ...(tls === true ? tlsIn(folder) : []),
      ...more
    ].flatMap((setting) => ["-c", setting])
    const process = spawn(join(bin, "postgres"), ["-D", data, ...settings], {
      ...Programs.runsAs,
      stdio: ["ignore", "ignore", "pipe"]
    })
    child = process
    process.stderr.setEncoding("utf8").on("data", (text: string) => (said += text))
    const isReady = () => said.includes("ready to accept") && !said.endsWith("starting up")
    return Effect.andThen(
      until(() => process.exitCode !== null || isReady()),
      Effect.suspend(() => {
        if (isReady()) return Effect.void
        // Processes of a server that was killed end a little later than that.
        return said.includes("still in use")
          ? Effect.andThen(
              Effect.callback<void>((resume) => void setTimeout(() => resume(Effect.void), 50)),
              begin
            )
          : Effect.die(new Error(`postgres did not start:\n${said}`))
      })
    )
  })

  const end = (signal: NodeJS.Signals) =>
    Effect.suspend(() => {
      const running = child
      if (running === undefined || running.exitCode !== null || running.signalCode !== null)
        return Effect.void
      running.kill(signal)
      return until(() => running.exitCode !== null || running.signalCode !== null)
    })

  yield* Effect.addFinalizer(() => end("SIGQUIT"))
  yield* begin
  return {
    url: (database = "postgres") => `postgres://millrace@127.0.0.1:${port}/${database}?sslmode=disable`,
    port,
    data,
    kill: end("SIGKILL"),
    stop: end("SIGINT"),
    start: begin
  } satisfies Server
})
