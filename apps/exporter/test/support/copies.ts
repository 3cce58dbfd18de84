/** Plugins that are installed apart from the command, beside copies of what they share with it. */
import { cpSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { World } from "./world.ts"

/** A whole `effect`, of another patch version, and other packages that end whoever loads them. */
export const putCopies = (world: World): void => {
  const effect = dirname(dirname(fileURLToPath(import.meta.resolve("effect"))))
  for (const part of ["package.json", "dist"]) {
    const filter = (file: string) => /\.js$|package\.json$/.test(file) || statSync(file).isDirectory()
    cpSync(join(effect, part), world.path("node_modules/effect", part), {
      recursive: true,
      dereference: true,
      filter
    })
  }
  for (const name of ["@millrace/config", "@millrace/core", "@millrace/http"]) {
    const exports = { ".": "./copy.js", "./*": "./copy.js" }
    const manifest = { name, version: "0.0.1", type: "module", exports }
    world.put(`node_modules/${name}/package.json`, JSON.stringify(manifest))
    world.put(`node_modules/${name}/copy.js`, `throw new Error("a copy of ${name} was loaded")\n`)
  }
}

/** Writes each message, and its secret as it is, to a file; some of what it needs is imported late. */
export const plugin = `
import { appendFileSync } from "node:fs"
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import * as Message from "@millrace/core/Message"
import * as Outcome from "@millrace/core/Outcome"
import * as Status from "@millrace/http/Status"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export const acme = Destination.plugin({
  name: "@acme/secret",
  accepts: Catalogue.any,
  settings: Schema.Struct({ path: Schema.String }),
  credentials: Schema.Struct({ token: Schema.Redacted(Schema.String) }),
  open: ({ credentials, settings }) =>
    Result.succeed({
      lanes: [{ name: "main" }],
      limits: {
        messages: 100,
        events: 100,
        bytes: 1_000_000,
        messageBytes: 100_000,
        messageEvents: 1,
        concurrency: 1,
        window: 0
      },
      assign: () => Destination.to("main"),
      prepare: ([event]) => Result.succeed(Message.json(event.id, { id: event.id })),
      connect: Destination.connectAsync(() => ({
        deliver: async (batch) => {
          const Redacted = await import("effect/Redacted")
          const line = { token: Redacted.value(credentials.token), ids: JSON.parse(Buffer.from(batch.body)) }
          appendFileSync(settings.path, JSON.stringify(line) + "\\n")
          return Outcome.Outcomes.all(batch, Status.outcome(200))
        },
        check: async () => {}
      }))
    })
})
`

export const manifest = (peers: Readonly<Record<string, string>>) =>
  JSON.stringify({
    name: "@acme/secret",
    version: "1.0.0",
    type: "module",
    exports: { ".": { import: "./index.js" } },
    peerDependencies: peers
  })
