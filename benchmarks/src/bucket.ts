/**
 * A bucket of what stands at a path, as S3 answers as far as a source asks. A process of its own, so that none of its work is
 * taken for the subject's; it ends with whoever forked it.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs"
import { createServer, type ServerResponse } from "node:http"
import { basename, join, relative } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

/** The name of the bucket. */
export const bucket = "bench"

/** Serves the file, or all below the folder; yields where. */
export const serve = async (path: string): Promise<string> => {
  // Without the flags of the subject, by which its usage is measured.
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [path], { execArgv: [] })
  const [port] = await once(child, "message")
  child.unref()
  child.channel?.unref()
  return `http://127.0.0.1:${port}`
}

const filesAt = (path: string): ReadonlyMap<string, string> => {
  if (statSync(path).isFile()) return new Map([[basename(path), path]])
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile()
  )
  const files = entries.map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    files.map((file) => [relative(path, file), file] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  )
}

const escaped = (text: string) => text.replaceAll("&", "&amp;")

/** The most keys of an answer, as S3 has it. */
const page = 1000

/** From a place in the order of keys on. */
const list = (
  files: ReadonlyArray<readonly [string, string]>,
  from: number,
  response: ServerResponse
): void => {
  const contents = files
    .slice(from, from + page)
    .map(
      ([key, file]) =>
        `<Contents><Key>${escaped(key)}</Key><ETag>&quot;1&quot;</ETag><Size>${statSync(file).size}</Size></Contents>`
    )
  const next = from + page
  const more =
    next < files.length
      ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`
      : "<IsTruncated>false</IsTruncated>"
  response.setHeader("content-type", "application/xml")
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${more}${contents.join("")}</ListBucketResult>`
  )
}

const listen = (path: string): void => {
  const files = filesAt(path)
  const ordered = [...files]
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
    const key = decodeURIComponent(pathname.split("/").slice(2).join("/"))
    if (key === "") return list(ordered, Number(searchParams.get("continuation-token") ?? 0), response)
    const file = files.get(key)
    if (file === undefined) return response.writeHead(404).end()
    const descriptor = openSync(file, "r")
    const [, from = "0", to = "0"] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? []
    const bytes = Buffer.alloc(Number(to) - Number(from) + 1)
    const length = readSync(descriptor, bytes, 0, bytes.length, Number(from))
    closeSync(descriptor)
    response.writeHead(206, { "content-length": length })
    return response.end(bytes.subarray(0, length))
  })
  process.once("disconnect", () => process.exit(0))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    if (address !== null && typeof address === "object") process.send?.(address.port)
  })
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  listen(process.argv[2] ?? "")
}
