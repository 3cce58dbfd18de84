import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"

export const feeds = {
  ios: { key: "ios-key", secret: "ios-secret" },
  web: { key: "web-key", secret: "web-secret" }
}

export const basic = (key: string, secret: string): string =>
  `Basic ${Buffer.from(`${key}:${secret}`).toString("base64")}`

export const ios = basic("ios-key", "ios-secret")
export const web = basic("web-key", "web-secret")

export const event = (id: string, data: object = {}) => ({
  event_type: "custom_event",
  data: {
    event_name: "Email Sends",
    custom_event_type: "other",
    source_message_id: id,
    timestamp_unixtime_ms: 1_790_000_000_000,
    ...data
  }
})

export const batch = (id: string, fields: object = {}) => ({
  environment: "production",
  source_request_id: id,
  user_identities: { customer_id: "u1" },
  events: [event(id)],
  ...fields
})

export const bulk = (...ids: ReadonlyArray<string>): string => JSON.stringify(ids.map((id) => batch(id)))

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface Sending {
  readonly path?: string
  readonly method?: string
  readonly authorization?: string | null
}

const open = (url: string, body: string | Uint8Array<ArrayBuffer>, sending: Sending): Promise<Response> => {
  const { authorization = ios, method = "POST", path = "/v2/bulkevents" } = sending
  return fetch(url + path, {
    method,
    headers: {
      "content-type": "application/json",
      ...(authorization === null ? {} : { authorization })
    },
    ...(method === "POST" ? { body } : {})
  })
}

/** Only the head of the answer; the body is left to read. */
export const request = (url: string, body: string | Uint8Array<ArrayBuffer>, sending: Sending = {}) =>
  Effect.tryPromise({ try: () => open(url, body, sending), catch: codeOf })

/** One request; fails with the code, or else the name, of what broke the connection. */
export const send = (url: string, body: string | Uint8Array<ArrayBuffer>, sending: Sending = {}) =>
  Effect.tryPromise({
    try: async (): Promise<Answer> => {
      const response = await open(url, body, sending)
      return { status: response.status, headers: response.headers, text: await response.text() }
    },
    catch: codeOf
  })

const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return String(error)
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name
}

/** Waits in real time, whatever the test's clock says, until something has come about. */
export const until = (condition: () => boolean) =>
  Effect.promise(async () => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
  })

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "mparticle-emulator-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)
