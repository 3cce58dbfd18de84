import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import type { Event } from "@millrace/core/Event"
import { destinationConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { __value__ } from "../src/index.ts"

interface Golden {
  readonly in: Event
  readonly out: unknown
}

const folder = new URL("golden/", import.meta.url)
const golden = new Map<string, Golden>(
  readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8"))])
)
const [first, ...others] = [...golden.values()].map((pair) => pair.in)
const credentials = { token: Redacted.make("the-former-token") }

describe("each event of test/golden is sent as it stands there", () => {
  const made = __value__({ settings: { url: "https://api.example.com" }, credentials })
  it.each([...golden])("%s", (_name, pair) => {
    const { prepare } = Effect.runSync(made.open)
    assert.deepInclude(Result.getOrThrow(prepare([pair.in], "main")), { json: pair.out })
  })
})

destinationConformance({
  plugin: __value__,
  settings: (origin) => ({ url: `${origin}/v1/events` }),
  credentials: [credentials, { token: Redacted.make("the-present-token") }],
  events: [first!, ...others],
  remote: { each: (results) => ({ status: 200, body: JSON.stringify({ results }) }) },
  readme: new URL("../README.md", import.meta.url)
})
