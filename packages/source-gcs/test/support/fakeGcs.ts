/**
 * A local server of what the client of Google Cloud Storage asks for: lists of a bucket's objects with prefix, delimiter,
 * offset and pages, and ranges of an object of one generation. No server of Google's API can be had.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"

export interface Stored {
  readonly bytes: Buffer
  readonly generation: number
}

/** What the server answers instead, for a request that it is asked about. */
export type Fault = (request: {
  readonly url: URL
  readonly isRead: boolean
  readonly key: string
}) => { readonly status: number; readonly reason?: string; readonly after?: number } | undefined

const bucketName = "acme-currents"

const errorOf = (status: number, reason: string) =>
  JSON.stringify({ error: { code: status, message: reason, errors: [{ reason, message: reason }] } })

/** Started on a free port; stopped with the scope. */
export const server = Effect.fnUntraced(function* (
  contents: Readonly<Record<string, Uint8Array | string>> = {}
) {
  const objects = new Map<string, Stored>()
  const asked: Array<string> = []
  let generation = 1_700_000_000_000_000
  let fault: Fault = () => undefined
  let sorted: ReadonlyArray<string> | undefined
  const put = (key: string, body: Uint8Array | string) => {
    if (!objects.has(key)) sorted = undefined
    objects.set(key, { bytes: Buffer.from(body), generation: ++generation })
  }
  for (const [key, body] of Object.entries(contents)) put(key, body)

  const send = (response: ServerResponse, status: number, body: string | Buffer, headers = {}) => {
    response.writeHead(status, { "content-type": "application/json", ...headers })
    response.end(body)
  }

  const list = (url: URL, response: ServerResponse) => {
    const at = (name: string) => url.searchParams.get(name) ?? ""
    const [prefix, delimiter] = [at("prefix"), at("delimiter")]
    sorted ??= [...objects.keys()].sort()
    const found = sorted.filter((key) => key.startsWith(prefix) && key >= at("startOffset"))
    const folders = new Set<string>()
    const keys = found.filter((key) => {
      const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length)
      if (end >= 0) folders.add(key.slice(0, end + 1))
      return end < 0
    })
    const from = Number(at("pageToken") || 0)
    const to = from + Number(at("maxResults") || 1000)
    const items = keys.slice(from, to).map((name) => ({
      name,
      bucket: bucketName,
      generation: String(objects.get(name)?.generation),
      size: String(objects.get(name)?.bytes.length),
      updated: "2026-06-29T00:00:00.000Z"
    }))
    const next = to < keys.length ? { nextPageToken: String(to) } : {}
    send(response, 200, JSON.stringify({ kind: "storage#objects", prefixes: [...folders], items, ...next }))
  }

  const read = (url: URL, key: string, range: string | undefined, response: ServerResponse) => {
    const stored = objects.get(key)
    const wanted = url.searchParams.get("generation")
    if (stored === undefined || (wanted !== null && wanted !== String(stored.generation)))
      return send(response, 404, errorOf(404, "notFound"))
    if (url.searchParams.get("alt") !== "media")
      return send(response, 200, JSON.stringify({ name: key, generation: String(stored.generation) }))
    const { bytes } = stored
    const [, start = "0", end = String(bytes.length - 1)] = /bytes=(\d+)-(\d+)/.exec(range ?? "") ?? []
    if (Number(start) >= bytes.length)
      return send(response, 416, errorOf(416, "requestedRangeNotSatisfiable"))
    const part = bytes.subarray(Number(start), Number(end) + 1)
    send(response, 206, part, {
      "content-type": "application/octet-stream",
      "content-range": `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`,
      "x-goog-generation": String(stored.generation)
    })
  }

  const take = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "", "http://localhost")
    const [, bucket, name] = /\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? []
    const key = decodeURIComponent(name ?? "")
    asked.push(`${request.method} ${name === undefined ? "list" : "read"} ${url.search}`)
    const isRead = url.searchParams.get("alt") === "media"
    const wrong = fault({ url, isRead, key })
    if (wrong !== undefined && wrong.after !== undefined) {
      response.writeHead(206, { "content-type": "application/octet-stream", "content-length": "1000000" })
      response.write(objects.get(key)?.bytes.subarray(0, wrong.after))
      return void setImmediate(() => response.destroy())
    }
    if (wrong !== undefined)
      return send(response, wrong.status, errorOf(wrong.status, wrong.reason ?? "backendError"))
    if (bucket !== bucketName) return send(response, 404, errorOf(404, "notFound"))
    return name === undefined ? list(url, response) : read(url, key, request.headers.range, response)
  }

  const made = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const listening = createServer(take)
      listening.listen(0, "127.0.0.1", () => resume(Effect.succeed(listening)))
    }),
    (running) =>
      Effect.sync(() => {
        running.close()
        running.closeAllConnections()
      })
  )
  const address = made.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    settings: { bucket: bucketName, apiEndpoint: `http://127.0.0.1:${port}` },
    asked,
    put,
    remove: (key: string) => {
      objects.delete(key)
      sorted = undefined
    },
    break: (given: Fault) => {
      fault = given
    }
  }
})
