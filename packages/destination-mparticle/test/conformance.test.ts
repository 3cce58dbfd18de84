import { describe } from "@effect/vitest"
import { mparticle, type Settings } from "@millrace/destination-mparticle"
import { destinationConformance } from "@millrace/testing"
import { eventOf, pair } from "./support/subject.ts"

const feeds = (name: string) => ({
  ios: pair(`${name}-ios`),
  android: pair(`${name}-android`),
  web: pair(`${name}-web`),
  unbound: pair(`${name}-unbound`)
})

const conforms = (settings: typeof Settings.Settings.Encoded) =>
  destinationConformance({
    plugin: mparticle,
    settings: (baseUrl) => ({ ...settings, baseUrl }),
    credentials: [feeds("former"), feeds("present")],
    events: [
      eventOf("users.messages.email.Open"),
      eventOf("users.canvas.Entry"),
      eventOf("users.messages.pushnotification.Open"),
      eventOf("users.messages.inappmessage.Click"),
      eventOf("users.behaviors.Uninstall")
    ],
    // "HTTP API": a bulk request is taken with 202 and no body, or refused as a whole; error bodies are optional.
    remote: {
      accepted: { status: 202 },
      refused: { status: 400, body: '{"errors":[{"code":"BAD_REQUEST","message":"not valid"}]}' },
      unauthorized: [
        { status: 401 },
        { status: 403, body: '{"errors":[{"code":"FORBIDDEN","message":"no"}]}' }
      ],
      throttled: { status: 429, headers: { "X-mp-rate-limit-exceeded": "org" } },
      unavailable: [{ status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }],
      // The plugin checks a key with an empty array, which is not valid.
      otherwise: { status: 400 },
      // "Under 256kb", read as 1000 bytes each.
      requestBytes: 255_999
    },
    readme: new URL("../README.md", import.meta.url)
  })

describe("event by event", () => conforms({}))
describe("user by user", () =>
  conforms({
    grouping: "user",
    window: "10 millis",
    profile: "extended",
    identity: { sourceId: "other", anonymous: "send" }
  }))
