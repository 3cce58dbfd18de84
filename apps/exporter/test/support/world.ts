/** What surrounds an exporter in a test: a folder with an export and a configuration, and an emulated mParticle. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { SampleExport } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import * as Ports from "../../../../tools/freePort.ts"
import * as Millrace from "./millrace.ts"

const names = ["ios", "android", "web", "unbound"] as const

/** The emulator's feeds, and what the configuration names: no part of a word that may stand anywhere by chance. */
export const feeds = Object.fromEntries(
  names.map((name) => [name, { key: `planted-key-${name}-5c1f`, secret: `planted-secret-${name}-9d3e` }])
)

/** The environment in which the configuration finds its secrets. */
const environment = Object.fromEntries(
  names.flatMap((name) => [
    [`MP_${name.toUpperCase()}_KEY`, feeds[name]!.key],
    [`MP_${name.toUpperCase()}_SECRET`, feeds[name]!.secret]
  ])
)

export const credentials = Object.fromEntries(
  names.map((name) => [
    name,
    { key: { env: `MP_${name.toUpperCase()}_KEY` }, secret: { env: `MP_${name.toUpperCase()}_SECRET` } }
  ])
)

/** Types that give every feed something. */
export const few = [
  "users.messages.email.Open",
  "users.messages.pushnotification.Send",
  "users.messages.inappmessage.Impression",
  "users.messages.contentcard.Click",
  "users.canvas.Entry"
] as const

/** Limits for what hangs: on a slow machine an answer may take minutes, and it is still the answer. */
export const patient = {
  attemptTimeout: "15 minutes",
  connectTimeout: "15 minutes",
  headersTimeout: "15 minutes",
  bodyTimeout: "15 minutes"
}

type Settings = Readonly<Record<string, unknown>>

/** A configuration as data. Changes are laid over it, part by part. */
export const configuration = (
  url: string,
  changes: { readonly source?: Settings; readonly mparticle?: Settings; readonly top?: Settings } = {}
) => ({
  name: "tested",
  source: {
    use: "@millrace/source-files",
    settings: { path: "./export", format: "braze-currents", ...changes.source }
  },
  outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state" } },
  routes: [
    {
      name: "mparticle",
      policy: patient,
      to: {
        use: "@millrace/destination-mparticle",
        settings: { baseUrl: url, environment: "development", ...changes.mparticle },
        credentials
      }
    }
  ],
  ...changes.top
})

/** Writes a file and the folders it needs. */
export const write = (file: string, bytes: string | Uint8Array): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
}

/** A port at which nothing listens. */
export const freePort = Effect.promise(() => Ports.freePort())

/** A folder of its own, gone when the test ends. */
export const make = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-e2e-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const path = (...parts: ReadonlyArray<string>) => join(folder, ...parts)
  const put = (name: string, bytes: string | Uint8Array): string => {
    write(path(name), bytes)
    return path(name)
  }
  return {
    folder,
    path,
    put,
    /** Writes the configuration, JSON being YAML too. */
    configure: (config: unknown, name = "millrace.yaml") =>
      put(name, typeof config === "string" ? config : JSON.stringify(config, undefined, 2)),
    /** Of all types, and so of hundreds of files. */
    writeWholeExport: (settings: Omit<SampleExport.Settings, "folder" | "types">) =>
      SampleExport.write({ folder: "export", ...settings }, put),
    /** Of few types, and so of few files, unless they are given. */
    writeExport: (settings: Omit<SampleExport.Settings, "folder">, name = "export") =>
      SampleExport.write({ folder: name, types: few, ...settings }, put),
    /** Runs the command with the secrets in its environment. */
    millrace: (args: ReadonlyArray<string>, options: Millrace.Options = {}) =>
      Millrace.run(args, { folder, ...options, environment: { ...environment, ...options.environment } }),
    start: (args: ReadonlyArray<string>, options: Millrace.Options = {}) =>
      Millrace.start(args, { folder, ...options, environment: { ...environment, ...options.environment } })
  }
})

export type World = Effect.Success<typeof make>
