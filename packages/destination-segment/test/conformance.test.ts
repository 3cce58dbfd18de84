import { assert, describe, it } from "@effect/vitest"
import { EventNames, type Settings, segment } from "@millrace/destination-segment"
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

const conforms = (settings: typeof Settings.Settings.Encoded) =>
  destinationConformance({
    plugin: segment,
    settings: (baseUrl) => ({ ...settings, baseUrl }),
    credentials: [
      { writeKey: Redacted.make("TheFormerWriteKey00000000000000a") },
      { writeKey: Redacted.make("ThePresentWriteKey0000000000000b") }
    ],
    events,
    // "HTTP API Source": 200 for all but what is too large or no JSON, which is 400; a request is judged as a whole.
    remote: {
      accepted: { status: 200, body: '{"success":true}' },
      refused: { status: 400, body: '{"success":false,"message":"malformed"}' },
      // Not documented: Segment takes events under any key. Were it to refuse one, events would wait.
      unauthorized: [{ status: 401 }, { status: 403 }],
      throttled: { status: 429 },
      unavailable: [{ status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }],
      requestBytes: 500_000
    },
    readme: new URL("../README.md", import.meta.url)
  })

describe("as it is", () => conforms({}))
describe("with anonymous users and a name of one's own", () =>
  conforms({ identity: { anonymous: "send" }, names: { "users.canvas.Entry": "Journey begun" } }))
