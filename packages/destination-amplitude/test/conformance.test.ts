import { assert, describe, it } from "@effect/vitest"
import { amplitude, type Settings } from "@millrace/destination-amplitude"
import * as EventNames from "@millrace/events-braze/EventNames"
import { destinationConformance, goldenPairs, messageOf } from "@millrace/testing"
import * as Redacted from "effect/Redacted"
import { destination } from "./support/subject.ts"

const events = goldenPairs({
  folder: new URL("golden/", import.meta.url),
  out: messageOf(destination())
})

// The rest does not trust the pairs.
it("there is a golden pair for each family of events", () => {
  const family = (type: string) => type.replace(/^users\./, "").replace(/\.\w+$/, "")
  const written = events.map(({ type }) => family(type))
  for (const type of EventNames.selected) assert.include(written, family(type))
})

const conforms = (settings: typeof Settings.Settings.Encoded, requestBytes: number) =>
  destinationConformance({
    plugin: amplitude,
    settings: (baseUrl) => ({ ...settings, baseUrl }),
    credentials: [
      { apiKey: Redacted.make("0f0e0d0c0b0a09080706050403020100") },
      { apiKey: Redacted.make("1a2b3c4d5e6f708192a3b4c5d6e7f809") }
    ],
    events,
    // "HTTP V2 API", responses: a request is taken or refused as a whole. That a refusal names events, which the suite
    // cannot say of a remote that then takes none, is tried in Delivery.test.ts.
    remote: {
      accepted: { status: 200, body: '{"code":200,"events_ingested":1,"payload_size_bytes":1}' },
      refused: { status: 400, body: '{"code":400,"error":"Invalid event JSON"}' },
      tooLarge: { status: 413, body: '{"code":413,"error":"Payload too large"}' },
      unauthorized: [
        { status: 400, body: '{"code":400,"error":"Invalid API key: it is not ours"}' },
        { status: 401 },
        { status: 403, body: '{"code":403,"error":"Forbidden"}' }
      ],
      throttled: { status: 429, body: '{"code":429,"error":"Too many requests for some devices and users"}' },
      unavailable: [{ status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }],
      otherwise: { status: 400, body: '{"code":400,"error":"Request missing required field"}' },
      requestBytes
    },
    readme: new URL("../README.md", import.meta.url)
  })

describe("the batch event upload", () => conforms({}, 20_000_000))
describe("the HTTP V2 API, with anonymous users and short ids", () =>
  conforms({ endpoint: "http", identity: { anonymous: "send" }, minIdLength: 1, prefix: "" }, 999_999))
