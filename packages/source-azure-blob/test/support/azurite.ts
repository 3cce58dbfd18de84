/** Azurite's services, in memory, each in a process of its own; and a container in one. */
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { createRequire } from "node:module"
import process from "node:process"
import { BlobServiceClient } from "@azure/storage-blob"
import { QueueClient, StorageSharedKeyCredential } from "@azure/storage-queue"
import * as Effect from "effect/Effect"

const programOf = (service: string) =>
  createRequire(import.meta.url).resolve(`azurite/dist/src/${service}/main.js`)

/** A service, started, and gone with the scope; yields its address. */
const start = Effect.fnUntraced(function* (service: "blob" | "queue", key: string) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(
        process.execPath,
        [
          programOf(service),
          ...[`--${service}Host`, "127.0.0.1", `--${service}Port`, "0"],
          "--inMemoryPersistence",
          "--skipApiVersionCheck",
          "--disableTelemetry"
        ],
        { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, AZURITE_ACCOUNTS: `acme:${key}` } }
      )
    ),
    (running) => Effect.sync(() => void running.kill("SIGKILL"))
  )
  return yield* Effect.callback<string>((resume) => {
    let said = ""
    const hear = (text: string) => {
      said += text
      const found = /listens on (http:\/\/[\d.]+:\d+)/.exec(said)?.[1]
      if (found !== undefined) resume(Effect.succeed(found))
    }
    child.stdout.setEncoding("utf8").on("data", hear)
    child.stderr.setEncoding("utf8").on("data", hear)
    child.once("exit", () => resume(Effect.die(new Error(`azurite did not start:\n${said}`))))
  })
})

/** The blob service; yields its connection string. */
export const server = Effect.gen(function* () {
  const key = randomBytes(48).toString("base64")
  const url = yield* start("blob", key)
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=acme;AccountKey=${key};BlobEndpoint=${url}/acme;`
  return { connectionString, accountUrl: `${url}/acme`, key }
})

/** The queue service of the same account, with a queue in it; and the queue's URL. */
export const queue = Effect.fnUntraced(function* (key: string) {
  const url = `${yield* start("queue", key)}/acme/currents`
  const client = new QueueClient(url, new StorageSharedKeyCredential("acme", key))
  yield* Effect.promise(() => client.create())
  return { client, url }
})

let made = 0

/** A new container of a server, with blobs in it. */
export const filled = Effect.fnUntraced(function* (
  connectionString: string,
  contents: Readonly<Record<string, Uint8Array | string>> = {}
) {
  const name = `currents-${++made}`
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(name)
  yield* Effect.promise(() => client.create())
  const put = (key: string, body: Uint8Array | string) =>
    Effect.promise(() => client.getBlockBlobClient(key).uploadData(Buffer.from(body)))
  const remove = (key: string) => Effect.promise(() => client.deleteBlob(key))
  yield* Effect.forEach(Object.entries(contents), ([key, body]) => put(key, body), { concurrency: 8 })
  return { name, client, put, remove }
})
