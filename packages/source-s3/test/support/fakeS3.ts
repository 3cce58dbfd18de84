/** A server that answers as S3 does, as far as a source asks, and fails as it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"

/** What a request is answered with instead: a code with its status and headers, or a connection broken off midway. */
export type Fault =
  | {
      readonly code: string
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
    }
  | "reset"

export interface FakeS3 {
  readonly endpoint: string
  readonly objects: Map<string, { readonly bytes: Buffer; readonly tag: string }>
  /** Asked for each request, with the key or the prefix. */
  fault: (request: "list" | "read", what: string) => Fault | undefined
  readonly requests: Array<{
    readonly request: "list" | "read"
    readonly what: string
    readonly token: string
  }>
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;")

const xml = (response: ServerResponse, status: number, body: string, headers = {}) => {
  response.writeHead(status, { "content-type": "application/xml", ...headers })
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${body}`)
}

const listing = (server: FakeS3, prefix: string): string => {
  const contents = [...server.objects]
    .filter(([key]) => key.startsWith(prefix))
    .map(
      ([key, { bytes, tag }]) =>
        `<Contents><Key>${escaped(key)}</Key><ETag>${escaped(tag)}</ETag><Size>${bytes.length}</Size></Contents>`
    )
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`
}

const send = (
  server: FakeS3,
  key: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault?: Fault
) => {
  const found = server.objects.get(key)
  if (found === undefined) return xml(response, 404, "<Error><Code>NoSuchKey</Code></Error>")
  if (request.headers["if-match"] !== found.tag)
    return xml(response, 412, "<Error><Code>PreconditionFailed</Code></Error>")
  const [, from = "0", to = ""] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? []
  const bytes = found.bytes.subarray(Number(from), Number(to) + 1)
  response.writeHead(206, { "content-length": bytes.length })
  if (fault !== "reset") return response.end(bytes)
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy())
}

export const start = Effect.map(
  Effect.acquireRelease(
    Effect.callback<{ readonly fake: FakeS3; readonly stop: () => void }>((resume) => {
      const objects: FakeS3["objects"] = new Map()
      const server = createServer((request, response) => {
        const url = new URL(request.url ?? "/", "http://localhost")
        const key = decodeURIComponent(url.pathname.split("/").slice(2).join("/"))
        const what = url.searchParams.get("prefix") ?? key
        const kind = key === "" ? "list" : "read"
        fake.requests.push({
          request: kind,
          what,
          token: String(request.headers["x-amz-security-token"] ?? "")
        })
        const fault = fake.fault(kind, what)
        if (fault !== undefined && fault !== "reset") {
          const { code, headers, status } = fault
          xml(response, status, `<Error><Code>${code}</Code><Message>told to</Message></Error>`, headers)
        } else if (kind === "read") send(fake, key, request, response, fault)
        else if (fault === "reset") response.destroy()
        else xml(response, 200, listing(fake, what))
      })
      const fake: FakeS3 = { endpoint: "", objects, fault: () => undefined, requests: [] }
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const stop = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ fake: Object.assign(fake, { endpoint: `http://127.0.0.1:${port}` }), stop }))
      })
    }),
    ({ stop }) => Effect.sync(stop)
  ),
  ({ fake }) => fake
)
