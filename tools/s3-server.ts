/**
 * A local server of S3 and SQS, to try `@millrace/source-s3` on: `npm run s3-server`, with `--port 9000` where it listens and
 * `--bucket NAME` a bucket to begin with. What is put there is kept in memory.
 */
import process from "node:process"
import { parseArgs } from "node:util"
import { buildApp } from "fauxqs"

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "9000" },
    bucket: { type: "string", default: "acme-currents" }
  }
})

const server = buildApp({ logger: false })
const address = await server.listen({ port: Number(values.port), host: "127.0.0.1" })
await fetch(`${address}/${values.bucket}`, { method: "PUT" })
console.log(`endpoint: ${address}, forcePathStyle: true, bucket: ${values.bucket}; any access key will do`)
process.once("SIGINT", () => void server.close())
process.once("SIGTERM", () => void server.close())
