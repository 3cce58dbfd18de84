import { destinationConformance, goldenPairs, messageOf } from "@millrace/testing"
import * as Redacted from "effect/Redacted"
import { __value__ } from "../src/index.ts"

const credentials = { token: Redacted.make("the-former-token") }

const events = goldenPairs({
  folder: new URL("golden/", import.meta.url),
  out: messageOf(__value__({ settings: { url: "https://api.example.com" }, credentials }))
})

destinationConformance({
  plugin: __value__,
  settings: (origin) => ({ url: `${origin}/v1/events` }),
  credentials: [credentials, { token: Redacted.make("the-present-token") }],
  events,
  remote: { each: (results) => ({ status: 200, body: JSON.stringify({ results }) }) },
  readme: new URL("../README.md", import.meta.url)
})
