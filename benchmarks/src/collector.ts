/**
 * A collector of telemetry that reads each body to its end and keeps nothing. A process of its own, so that none of its work is taken
 * for the subject's; it ends with whoever forked it.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import process from "node:process"
import { fileURLToPath } from "node:url"

/** Listens; yields where. */
export const serve = async (): Promise<string> => {
  // Without the flags of the subject, by which its usage is measured.
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [], { execArgv: [] })
  const [port] = await once(child, "message")
  child.unref()
  child.channel?.unref()
  return `http://127.0.0.1:${port}`
}

const listen = (): void => {
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(200).end())
  })
  process.once("disconnect", () => process.exit(0))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    if (address !== null && typeof address === "object") process.send?.(address.port)
  })
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) listen()
