/** A local server of S3 with a bucket in it, for the scope. It looks at no signature. */
import * as Effect from "effect/Effect"
import { buildApp } from "fauxqs"

const name = "acme-currents"

export interface Bucket {
  /** The source of a configuration, without its `format`. */
  readonly source: {
    readonly use: string
    readonly settings: Readonly<Record<string, unknown>>
    readonly credentials: unknown
  }
  readonly put: (key: string, bytes: Uint8Array | string) => Promise<void>
  /** How often it was asked for a list. */
  readonly lists: () => number
}

export const make = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const app = buildApp({ logger: false })
      let lists = 0
      app.server.on("request", ({ url = "" }) => {
        if (url.includes("list-type=2")) lists++
      })
      const address = await app.listen({ port: 0, host: "127.0.0.1" })
      const put: Bucket["put"] = async (key, bytes) => {
        const path = key.split("/").map(encodeURIComponent).join("/")
        const init = { method: "PUT", ...(key === "" ? {} : { body: Buffer.from(bytes) }) }
        const answer = await fetch(`${address}/${name}/${path}`, init)
        await answer.arrayBuffer()
        if (!answer.ok) throw new Error(`${key}: ${answer.status}`)
      }
      await put("", "")
      return { app, address, put, lists: () => lists }
    }),
    ({ app }) => Effect.promise(() => app.close())
  ),
  ({ address, lists, put }): Bucket => ({
    source: {
      use: "@millrace/source-s3",
      settings: { bucket: name, endpoint: address, forcePathStyle: true, format: "braze-currents" },
      credentials: { accessKeyId: { env: "AWS_KEY" }, secretAccessKey: { env: "AWS_SECRET" } }
    },
    put,
    lists
  })
)

/** The environment in which the configuration finds its credentials. */
export const environment = { AWS_KEY: "key", AWS_SECRET: "secret" }
