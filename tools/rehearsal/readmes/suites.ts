/** What the examples of `@millrace/testing` take for given: parts to be tested. */
import type { Example } from "./examples.ts"

const name = "@millrace/testing"

const acme = `
import { Catalogue, Destination, Message, Outcome } from "@millrace/core"
import { excerpt, RetryAfter, Status, Transport } from "@millrace/http"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const limits = {
  messages: 100,
  events: 100,
  bytes: 1_000_000,
  messageBytes: 100_000,
  messageEvents: 1,
  concurrency: 4,
  window: 0
}

export const acme = Destination.plugin({
  name: "@millrace/destination-acme",
  accepts: Catalogue.any,
  settings: Schema.Struct({ url: Schema.URLFromString.annotate({ description: "Where events are sent." }) }),
  credentials: Schema.Struct({ key: Schema.Redacted(Schema.NonEmptyString).annotate({ description: "The key." }) }),
  open: ({ credentials: { key }, settings: { url } }) =>
    Result.succeed({
      lanes: [{ name: "main" }],
      limits,
      assign: () => Destination.to("main"),
      prepare: ([event]) => Result.succeed(Message.json(event.id, event)),
      connect: Destination.connectAsync((_lane, limits) => {
        const channel = Transport.promise(url.origin, limits)
        const send = async (body: Uint8Array, signal: AbortSignal) => {
          const secret = Redacted.value(key)
          const headers = { authorization: \`Bearer \${secret}\`, "content-type": "application/json" }
          const answer = await channel.send({ method: "POST", path: "/", headers, body }, signal)
          const retryAfter = RetryAfter.parse(answer.headers["retry-after"], Date.now())
          const detail = excerpt(answer.body.replaceAll(secret, "***"))
          const outcome = Status.outcome(answer.status, { retryAfter, detail })
          if (outcome._tag !== "Delivered") throw new Outcome.DeliveryError({ outcome })
        }
        return {
          deliver: async (batch, signal) => {
            await send(batch.body, signal)
            return Outcome.Outcomes.all(batch, Outcome.delivered)
          },
          check: (signal) => send(new TextEncoder().encode("[]"), signal),
          close: channel.close
        }
      })
    })
})`

/** Acme takes events as they are. */
const order = { id: "1", type: "order.placed", time: 0, user: {}, properties: { total: 5 } }

export const suites: ReadonlyArray<Example> = [
  {
    package: name,
    holds: "destinationConformance({",
    replace: { '"@millrace/destination-acme"': '"./acme.ts"', '"../README.md"': '"./README.md"' },
    files: { "acme.ts": acme, "README.md": "| `url` | where events are sent |\n\n| `key` | the key |\n" },
    isSuite: true
  },
  {
    package: name,
    holds: "goldenPairs({",
    before: `
import { goldenPairs, messageOf } from "@millrace/testing"
import * as Redacted from "effect/Redacted"
import { acme } from "./acme.ts"
const credentials = { key: Redacted.make("the-key") }`,
    after: 'if (events.length !== 1) throw new Error("the pair was not read")',
    files: { "acme.ts": acme, "golden/order-placed.json": JSON.stringify({ in: order, out: order }) },
    isSuite: true
  },
  {
    package: name,
    holds: "sourceConformance({",
    before: `
import { mkdtempSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Sample } from "@millrace/events-braze"
import { files as acmeFiles } from "@millrace/source-files"
import { sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
const sample = Sample.make({ seed: 1, users: 20 })
const events = Array.from({ length: 1500 }, (_, index) => sample.event("users.messages.email.Open", index, 1_782_742_805_000))
const ids = events.map(({ id }) => id)
const temporaryFolderWithFiles = Effect.sync(() => {
  const folder = mkdtempSync("files-")
  const lines = [...events.map((event) => JSON.stringify(Sample.toCustomHttp(event))), "{", "no", "]"]
  writeFileSync(join(folder, "1.ndjson"), lines.join("\\n") + "\\n")
  return folder
})`,
    replace: {
      "settings: { path }": 'settings: { path, format: "braze-currents" }',
      'kind: "pull",': 'kind: "pull", replayable: true,'
    },
    isSuite: true
  },
  {
    package: name,
    holds: 'outboxConformance("OutboxMemory"',
    isSuite: true
  },
  {
    package: name,
    holds: 'outboxConformance("OutboxAcme"',
    before: `
import { mkdtempSync } from "node:fs"
import { OutboxSqlite as OutboxAcme } from "@millrace/outbox-sqlite"
import { outboxConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
const temporaryFolder = Effect.sync(() => mkdtempSync("outbox-"))`,
    isSuite: true
  },
  {
    package: name,
    holds: "const setup: Simulation.Setup",
    before: `
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { OutboxSqlite as OutboxAcme } from "@millrace/outbox-sqlite"
import { Simulation } from "@millrace/testing"
const temporaryFolder = () => {
  const root = mkdtempSync("disk-")
  let life = 0
  return {
    get current() {
      return join(root, String(life))
    },
    copyAsItStands() {
      const before = this.current
      life++
      for (const name of ["outbox.db", "outbox.db-wal"])
        cpSync(join(before, name), join(this.current, name), { recursive: true })
    },
    remove: () => rmSync(root, { recursive: true, force: true })
  }
}`,
    replace: { "seed <= 100": "seed <= 3" },
    after: 'console.log("kept")',
    prints: /kept/
  }
]
