/** A local server of S3 and SQS, and a bucket in it, for the scope. It looks at no signature. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { buildApp } from "fauxqs"

export const credentials = { accessKeyId: Redacted.make("key"), secretAccessKey: Redacted.make("secret") }

export const bucket = "acme-currents"

/** Its address. */
export const server = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const app = buildApp({ logger: false })
      return { address: await app.listen({ port: 0, host: "127.0.0.1" }), app }
    }),
    ({ app }) => Effect.promise(() => app.close())
  ),
  ({ address }) => address
)

/** Puts objects into a bucket of a server, and takes them away. */
export const filled = Effect.fnUntraced(function* (
  endpoint: string,
  contents: Readonly<Record<string, Uint8Array | string>> = {}
) {
  const ask = (method: "PUT" | "DELETE", key: string, body?: Uint8Array | string) =>
    Effect.promise(async () => {
      const path = key.split("/").map(encodeURIComponent).join("/")
      const init = body === undefined ? {} : { body: Buffer.from(body) }
      const { ok, status } = await fetch(`${endpoint}/${bucket}/${path}`, { method, ...init })
      if (!ok) throw new Error(`${method} ${key}: ${status}`)
    })
  const put = (key: string, body: Uint8Array | string) => ask("PUT", key, body)
  yield* ask("PUT", "")
  yield* Effect.forEach(Object.entries(contents), ([key, body]) => put(key, body), { concurrency: 16 })
  return { settings: { bucket, endpoint, forcePathStyle: true }, put }
})
