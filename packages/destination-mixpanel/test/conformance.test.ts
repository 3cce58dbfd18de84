import { assert, describe, it } from "@effect/vitest"
import { type Credentials, mixpanel, type Settings } from "@millrace/destination-mixpanel"
import * as EventNames from "@millrace/events-braze/EventNames"
import {
  type DestinationConformance,
  destinationConformance,
  goldenPairs,
  messageOf
} from "@millrace/testing"
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

type Given = typeof Credentials.Credentials.Encoded

// "Import Events", strict: 400 names the events that fail, and the others are taken.
const each = (messages: ReadonlyArray<DestinationConformance.Judged>) => {
  const failed = messages.flatMap(({ accepted, id }, index) =>
    accepted ? [] : [{ index, insert_id: id, field: "properties.time", message: "is invalid" }]
  )
  const num_records_imported = messages.length - failed.length
  return failed.length === 0
    ? { status: 200, body: JSON.stringify({ code: 200, num_records_imported, status: "OK" }) }
    : {
        status: 400,
        body: JSON.stringify({
          code: 400,
          num_records_imported,
          status: "Bad Request",
          failed_records: failed
        })
      }
}

const conforms = (settings: typeof Settings.Settings.Encoded, credentials: readonly [Given, Given]) =>
  destinationConformance({
    plugin: mixpanel,
    settings: (baseUrl) => ({ ...settings, baseUrl }),
    credentials,
    events,
    remote: {
      each,
      namesOnlyRefused: true,
      refused: { status: 400, body: '{"code":400,"error":"invalid JSON","status":"Bad Request"}' },
      tooLarge: { status: 413, body: '{"code":413,"error":"request exceeds max limit of 2097152 bytes"}' },
      unauthorized: [{ status: 401, body: '{"code":401,"error":"Invalid credentials"}' }, { status: 403 }],
      throttled: { status: 429, body: '{"code":429,"error":"Project exceeded rate limits."}' },
      unavailable: [{ status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }],
      otherwise: { status: 400, body: '{"code":400,"error":"no events"}' },
      requestBytes: 2_097_152
    },
    readme: new URL("../README.md", import.meta.url)
  })

describe("with a project token", () =>
  conforms({}, [
    { token: Redacted.make("0f0e0d0c0b0a09080706050403020100") },
    { token: Redacted.make("1a2b3c4d5e6f708192a3b4c5d6e7f809") }
  ]))

describe("with a service account, and Braze's id", () =>
  conforms({ projectId: 1234567, identity: { user: "sourceId" } }, [
    {
      serviceAccount: {
        username: Redacted.make("former-user.mp-service-account"),
        secret: Redacted.make("TheFormerSecret01")
      }
    },
    {
      serviceAccount: {
        username: Redacted.make("present-user.mp-service-account"),
        secret: Redacted.make("ThePresentSecret2")
      }
    }
  ]))
