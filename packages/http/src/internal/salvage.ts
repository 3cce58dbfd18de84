/**
 * Answers that Node's parser gives up on, though anybody can read what they say: a length that stands twice, a line without
 * a colon, a space in a name. Pure.
 */
import type { Response } from "./channel.ts"

const statusLine = /^\s*HTTP\/\d(?:\.\d)? +(\d{3})(?!\d)[^\n]*\n/i

/** An empty line, which ends a head. */
const emptyLine = /(?:^|\n)\r?\n/

/**
 * The answer in the bytes that the parser refused, from its status line on: what comes later is not waited for. 1xx before
 * it are passed over. `undefined` where it does not begin, or its head does not end, within these bytes.
 */
export const salvage = (cause: unknown): Found | undefined =>
  isRefused(cause) ? find(cause.rawPacket.toString("latin1")) : undefined

export interface Head {
  readonly status: number
  readonly headers: Response["headers"]
}

interface Found extends Head {
  /** As it came, packed or not. */
  readonly body: Buffer
  /** Whether as much of the body is there as its first length says, if that can be read. */
  readonly isWhole: boolean
}

const find = (text: string): Found | undefined => {
  const [line, status] = statusLine.exec(text) ?? []
  const lines = line === undefined ? undefined : text.slice(line.length)
  const end = lines === undefined ? null : emptyLine.exec(lines)
  if (lines === undefined || end === null) return undefined
  const rest = lines.slice(end.index + end[0].length)
  if (status?.startsWith("1")) return find(rest)
  const headers = headersOf(lines.slice(0, end.index))
  const [, length = "0"] = /^\s*(\d+)/.exec(headers["content-length"] ?? "") ?? []
  return {
    status: Number(status),
    headers,
    body: Buffer.from(rest, "latin1"),
    isWhole: rest.length >= Number(length)
  }
}

const isRefused = (cause: unknown): cause is Error & { readonly code: string; readonly rawPacket: Buffer } =>
  cause instanceof Error &&
  "code" in cause &&
  typeof cause.code === "string" &&
  cause.code.startsWith("HPE_") &&
  "rawPacket" in cause &&
  Buffer.isBuffer(cause.rawPacket)

const headersOf = (head: string): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {}
  for (const line of head.split(/\r?\n/)) {
    const [, name, value] = /^([^:\s][^:]*):(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const key = name.trimEnd().toLowerCase()
    const before = headers[key]
    headers[key] = before === undefined ? value.trim() : `${before}, ${value.trim()}`
  }
  return headers
}
