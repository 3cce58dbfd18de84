/** Configurations of the command `millrace` for the same exporter as in `subjects/exporter.ts`. */
import { writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { credentials } from "./credentials.ts"
import type { Given } from "./subjects.ts"

/** Where the exporter of a folder keeps its outbox, seen from that folder. */
export const state = "state"

export interface Options {
  readonly workers?: number
  /** Path of a plugin without settings and credentials, in place of mParticle's. */
  readonly destination?: string
  /** Where events are received, by whoever has the token, in place of the files. The run does not end by itself. */
  readonly receiver?: { readonly port: number; readonly token: string }
}

const configuration = ({ url, input, work }: Given, { workers, destination, receiver }: Options) => ({
  name: "benchmark",
  ...(workers === undefined ? {} : { workers }),
  source:
    receiver === undefined
      ? { use: "@millrace/source-files", settings: { path: input, format: "braze-currents" } }
      : {
          use: "@millrace/source-currents-http",
          settings: { port: receiver.port },
          credentials: { token: { file: "./token" } }
        },
  outbox: { use: "@millrace/outbox-sqlite", settings: { path: `./${state}` } },
  routes: [
    {
      name: "mparticle",
      to: destination === undefined ? toMParticle(url) : { use: `./${relative(work, destination)}` }
    }
  ]
})

const toMParticle = (url: string) => ({
  use: "@millrace/destination-mparticle",
  settings: { baseUrl: url, environment: "development" },
  credentials: Object.fromEntries(
    Object.entries(credentials).map(([feed, { key, secret }]) => [
      feed,
      { key: { file: `./${key}` }, secret: { file: `./${secret}` } }
    ])
  )
})

/** Writes the configuration and its secrets into the folder; returns the arguments that run it. */
export const prepare = (given: Given, options: Options = {}): ReadonlyArray<string> => {
  const file = join(given.work, "millrace.json")
  writeFileSync(file, JSON.stringify(configuration(given, options)))
  for (const { key, secret } of Object.values(credentials))
    for (const word of [key, secret]) writeFileSync(join(given.work, word), word, { mode: 0o600 })
  const { receiver } = options
  if (receiver === undefined) return ["run", file, "--json"]
  writeFileSync(join(given.work, "token"), receiver.token, { mode: 0o600 })
  return ["run", file, "--json", "--follow"]
}
