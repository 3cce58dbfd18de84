import { createHmac } from "node:crypto"
import { describe } from "@effect/vitest"
import { http } from "@millrace/destination-http"
import { destinationConformance, type FaultyRemote } from "@millrace/testing"
import { event, type PlainCredentials, redact, type SettingsInput } from "./support/subject.ts"

const events = [
  event("1", { total: 5, note: "Größe", list: [1, { deep: null }] }, { externalId: "customer-1" }),
  event("2", { total: 0, note: "" }, { deviceId: "device-1", timezone: "Europe/Berlin" }),
  { ...event("3"), type: "order.cancelled" }
] as const

const conforms = (
  settings: Partial<SettingsInput>,
  former: PlainCredentials,
  present: PlainCredentials,
  carries?: (request: FaultyRemote.Request, secret: string) => boolean
) => {
  const [one, two] = [redact(former), redact(present)] as const
  destinationConformance({
    plugin: http,
    settings: (origin) => ({ url: `${origin}/in`, ...placed(settings, origin) }),
    credentials: [one, two],
    events,
    remote: {
      refused: { status: 400, body: '{"error":"not valid"}' },
      unauthorized: [{ status: 401 }, { status: 403 }],
      unavailable: [{ status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }],
      ...(carries === undefined
        ? {}
        : {
            carries: (request, given) =>
              carries(request, given === two ? secretOf(present) : secretOf(former))
          })
    },
    readme: new URL("../README.md", import.meta.url)
  })
}

const placed = ({ url, ...settings }: Partial<SettingsInput>, origin: string) => ({
  ...settings,
  ...(url === undefined ? {} : { url: origin + url })
})

const secretOf = ({ hmac, standardWebhooks }: PlainCredentials): string =>
  hmac?.secret ?? standardWebhooks?.secret ?? ""

describe("one event a request, with a bearer token", () =>
  conforms({}, { bearer: "the-former-token" }, { bearer: "the-present-token" }))

describe("as a list, with HTTP Basic", () =>
  conforms(
    { batch: "array", body: { id: "{{ event.id }}", all: "{{ event }}" } },
    { basic: { username: "the-former-user", password: "the-former-password" } },
    { basic: { username: "the-present-user", password: "the-present-password" } }
  ))

describe("in an envelope, with an HMAC", () =>
  conforms(
    { batch: "envelope", idempotencyHeader: "Idempotency-Key", limits: { messages: 50, bytes: 20_000 } },
    { hmac: { secret: "the-former-secret", header: "X-Signature", prefix: "sha256=" } },
    { hmac: { secret: "the-present-secret", header: "X-Signature", prefix: "sha256=" } },
    ({ body, headers }, secret) =>
      headers["x-signature"] === `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`
  ))

describe("line by line, with a secret header", () =>
  conforms(
    { batch: "ndjson" },
    { headers: { "X-Api-Key": "the-former-key" } },
    { headers: { "X-Api-Key": "the-present-key" } }
  ))

describe("with fields of the event in URL and headers, and Standard Webhooks", () =>
  conforms(
    {
      url: "/in/{{ event.type }}?id={{ event.id }}",
      headers: { "X-Customer": "{{ event.user.externalId }}" },
      body: { data: "{{ event.properties }}" }
    },
    { standardWebhooks: { secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } },
    { standardWebhooks: { secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" } },
    ({ body, headers }, secret) => {
      const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`
      const hmac = createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64"))
      return headers["webhook-signature"] === `v1,${hmac.update(content).digest("base64")}`
    }
  ))
