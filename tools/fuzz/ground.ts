/** What surrounds the exporter: a folder, an emulated mParticle, and configurations of what it reads from. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Emulator from "../../packages/mparticle-emulator/src/Emulator.ts"

const names = ["ios", "android", "web", "unbound"]
const feeds = Object.fromEntries(
  names.map((name) => [name, { key: `${name}-key`, secret: `${name}-secret` }])
)
export const token = "0123456789abcdef0123456789abcdef"

export const environment: Readonly<Record<string, string>> = {
  FUZZ_TOKEN: token,
  ...Object.fromEntries(
    names.flatMap((name) => [
      [`KEY_${name}`, `${name}-key`],
      [`SECRET_${name}`, `${name}-secret`]
    ])
  )
}

const posts = {
  name: "posts",
  use: "@millrace/source-currents-http",
  settings: { port: 0 },
  credentials: { token: { env: "FUZZ_TOKEN" } }
}
const files = {
  name: "files",
  use: "@millrace/source-files",
  settings: { path: "./export", format: "braze-currents" }
}
const lines = { name: "lines", use: "@millrace/source-stdin", settings: { format: "braze-currents" } }

// In order, the events of one user would go out one by one, and one input holds the same event many times.
const ordering = "none"

const routes = (url: string) => [
  {
    name: "kept",
    ordering,
    to: { use: "@millrace/destination-files", settings: { path: "./kept", partitionBy: [] } }
  },
  {
    name: "mparticle",
    ordering,
    to: {
      use: "@millrace/destination-mparticle",
      settings: { baseUrl: url, environment: "development", missingFeed: "unbound" },
      credentials: Object.fromEntries(
        names.map((name) => [name, { key: { env: `KEY_${name}` }, secret: { env: `SECRET_${name}` } }])
      )
    }
  }
]

export interface Ground {
  readonly folder: string
  /** Reads what is posted, and never ends by itself. */
  readonly posting: string
  /** Reads files and standard input, and ends. */
  readonly reading: string
  /** The ids that stand in files, each once. */
  readonly kept: () => ReadonlySet<string>
  /** What the emulated mParticle answered otherwise than 202, with why. */
  readonly refused: () => ReadonlyArray<string>
  /** The ids that it took. */
  readonly taken: () => ReadonlySet<string>
}

export const make = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-fuzz-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const { url, requests } = yield* Emulator.start({ feeds })
  mkdirSync(join(folder, "export"))
  const configure = (name: string, sources: ReadonlyArray<object>) => {
    const outbox = { use: "@millrace/outbox-sqlite", settings: { path: "./state" } }
    writeFileSync(join(folder, name), JSON.stringify({ name: "fuzz", sources, outbox, routes: routes(url) }))
    return join(folder, name)
  }
  const ground: Ground = {
    folder,
    posting: configure("posting.json", [posts]),
    reading: configure("reading.json", [files, lines]),
    kept: () => {
      const entries = readdirSync(join(folder, "kept"), { recursive: true, withFileTypes: true })
      const written = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ndjson"))
      const texts = written.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"))
      return new Set(
        texts.flatMap((text) =>
          text
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line).id)
        )
      )
    },
    refused: () =>
      requests()
        .filter(({ status }) => status !== 202)
        .map(({ status, reason }) => `${status} ${reason ?? ""}`),
    taken: () => {
      const ids = new Set<string>()
      for (const { body } of requests())
        for (const [, id = ""] of body.matchAll(/"source_message_id":"([^"\\]*)"/g)) ids.add(id)
      return ids
    }
  }
  return ground
})
