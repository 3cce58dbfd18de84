/**
 * What the ```ts blocks of READMEs take for given.
 *
 * A block that is not named here is run as it stands. All are type-checked, also those that are not run.
 */
import type { Given } from "./block.ts"
import { suites } from "./suites.ts"

export interface Example extends Given {
  /** Code before and after the block, in the same module. */
  readonly before?: string
  readonly after?: string
  /** Other files of its folder. */
  readonly files?: Record<string, string>
  /** What it is to print. */
  readonly prints?: RegExp
  /** Run by vitest, since it declares tests. */
  readonly isSuite?: true
  /** Why it is not run. */
  readonly notRun?: string
}

const delivered = /delivered: \{ '?\w+'?: 1 \}/

const analytics = (name: string, secret: string): Example => ({
  package: `@millrace/${name}`,
  holds: "Exporter.from(Source.fromArray([event]))",
  replace: { 'region: "us"': 'baseUrl: "VENDOR"', [secret]: "0123456789abcdef" },
  prints: delivered
})

const events = `
const events = [{ id: "1", type: "shop.visited", time: 0, user: { externalId: "1" }, properties: {} }]`

const lake = {
  "destination.ts": `
import { files } from "@millrace/destination-files"
export const destination = files({ settings: { path: "lake" } })`
}

export const examples: ReadonlyArray<Example> = [
  analytics("destination-amplitude", "<API key>"),
  analytics("destination-mixpanel", "<project token>"),
  analytics("destination-segment", "<write key>"),
  {
    package: "@millrace/destination-mparticle",
    holds: "mparticle({",
    replace: { 'pod: "us1"': 'baseUrl: "EMULATOR"' },
    prints: delivered
  },
  {
    package: "@millrace/destination-files",
    holds: "files({",
    after: `
import { globSync } from "node:fs"
process.on("exit", () => console.log(globSync("lake/event_type=order.placed/**/*.parquet").length, "file"))`,
    prints: /delivered: \{ main: 1 \}[\s\S]*1 file/
  },
  {
    package: "@millrace/core",
    holds: "const ledger = await",
    before: events,
    after: "console.log(ledger)",
    files: lake,
    prints: delivered
  },
  {
    package: "@millrace/core",
    holds: "ExporterAsync.start",
    before: events,
    replace: { "await exporter.ended": "console.log((await exporter.ended).ledger)" },
    files: lake,
    prints: delivered
  },
  {
    package: "@millrace/config",
    holds: 'Config.load("millrace.yaml"',
    after: "console.log(definition.routes.length, typeof store)",
    files: {
      "millrace.yaml": `
name: example
source: { use: "@millrace/source-stdin", settings: { format: event } }
outbox: { use: "@millrace/outbox-sqlite", settings: { path: ./state } }
routes: [{ name: lake, to: { use: "@millrace/destination-files", settings: { path: ./lake } } }]`
    },
    prints: /^1 object/
  },
  {
    package: "@millrace/objects",
    holds: "ObjectSource.plugin",
    replace: { '"acme-storage"': '"./acme-storage.ts"' },
    after: `
const faultOf = (thrown: unknown): StoreFault.Kind => (thrown instanceof TypeError ? "unreachable" : "failed")
const codeOf = (thrown: unknown) => (thrown instanceof Error ? thrown.name : "unknown")
console.log(typeof acme)`,
    files: {
      "acme-storage.ts": `
import type { ObjectStore } from "@millrace/objects"
import type { Redacted } from "effect/Redacted"
interface Asked { readonly bucket: string; readonly prefix: string; readonly page?: string | undefined }
export class Client {
  readonly token: Redacted<string>
  constructor(token: Redacted<string>) { this.token = token }
  list(asked: Asked & { readonly delimiter: string }): Promise<ObjectStore.Page<string>>
  list(asked: Asked & { readonly after?: string | undefined }): Promise<ObjectStore.Page<ObjectStore.StoredObject>>
  async list(_: Asked): Promise<any> { return { items: [] } }
  async get(_: { readonly bucket: string; readonly key: string; readonly offset: number; readonly length: number; readonly ifMatch: string }) {
    return new Uint8Array(0)
  }
  close() {}
}`
    },
    prints: /^function/
  },
  {
    package: "@millrace/events-braze",
    holds: "CustomHttp.decodeEnvelope",
    before: `
import { Sample } from "@millrace/events-braze"
const click = Sample.make({ seed: 1, users: 1 }).event("users.messages.email.Click", 0, 1_782_742_805_000)
const body = JSON.stringify({ events: [Sample.toCustomHttp(click)] })`,
    prints: /^https?:/
  },
  {
    package: "@millrace/http",
    holds: "Transport.open",
    before: 'const body = new TextEncoder().encode("{}")',
    replace: { "https://api.example.com": "VENDOR" },
    after: "console.log(await Effect.runPromise(Effect.scoped(attempt)))",
    prints: /Delivered/
  },
  {
    package: "@millrace/mparticle-emulator",
    holds: "Emulator.start",
    before: `
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
await Effect.runPromise(Effect.scoped(Effect.gen(function* () {`,
    after: 'console.log(emulator.url, emulator.state().feeds["ios"]?.distinctEvents)\n})))',
    prints: /^http:.* 0$/m
  },
  {
    package: "@millrace/source-files",
    holds: "Exporter.from(source)",
    before: `
import { SampleExport } from "@millrace/events-braze"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import * as Redacted from "effect/Redacted"
SampleExport.write({ folder: "currents", seed: 1, events: 500 }, (path, bytes) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
})
const settings = { baseUrl: "http://127.0.0.1:9" }
const credentials = { unbound: { key: Redacted.make("<key>"), secret: Redacted.make("<secret>") } }`,
    replace: {
      "mparticle({ settings, credentials })": 'mparticle({ settings: { baseUrl: "EMULATOR" }, credentials })'
    },
    after: ".then(console.log)",
    prints: /delivered: \{ unbound: \d\d+/
  },
  ...suites
]
