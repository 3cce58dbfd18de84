import { describe } from "@effect/vitest"
import { type Settings, segment } from "@millrace/destination-segment"
import { destinationConformance } from "@millrace/testing"
import * as Redacted from "effect/Redacted"
import { eventOf } from "./support/subject.ts"

const conforms = (settings: typeof Settings.Settings.Encoded) =>
  destinationConformance({
    plugin: segment,
    settings: (baseUrl) => ({ ...settings, baseUrl }),
    credentials: [
      { writeKey: Redacted.make("TheFormerWriteKey00000000000000a") },
      { writeKey: Redacted.make("ThePresentWriteKey0000000000000b") }
    ],
    events: [
      eventOf("users.messages.email.Open"),
      eventOf("users.canvas.Entry"),
      eventOf("users.messages.pushnotification.Open"),
      eventOf("users.messages.sms.InboundReceive"),
      eventOf("users.behaviors.CustomEvent"),
      eventOf("users.behaviors.Purchase")
    ],
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
