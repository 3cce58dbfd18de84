/**
 * One request over HTTP/1.1 and what comes of it.
 */
import type { IncomingHttpHeaders } from "node:http"
import process from "node:process"
import type { Timeouts } from "@millrace/core/Policy"
import { outcome } from "../Status.ts"
import { Broken } from "./broken.ts"
import type { Request, Response } from "./channel.ts"
import type { Connections } from "./connections.ts"
import { readBytes } from "./readBytes.ts"
import { type Head, salvage } from "./salvage.ts"
import { unpack } from "./unpack.ts"

const { request: ask } = process.getBuiltinModule("node:http")

/** As browsers take it; Node's own limit is 16 KiB. */
const headLimit = 256 * 1024

export interface Exchange {
  readonly agent: Connections
  readonly limits: Timeouts
  /** How much of an answer is read. */
  readonly answerBytes: number
  /** Headers of every request, before its own. */
  readonly headers: Readonly<Record<string, string>>
  /** What stands before a path: nothing, or the origin where a proxy is asked for it. */
  readonly prefix: string
}

/**
 * Sends a request, and calls `done` once its connection is free again or closed. The result gives it up. Throws where the
 * request cannot be written.
 *
 * Once the head of an answer is there, the answer stands: a connection that ends after it only cuts the body (see `stands`).
 */
export const exchange = (
  { agent, answerBytes, headers, limits, prefix }: Exchange,
  { body, headers: own, method, path }: Request,
  done: (result: Response | Broken) => void
): (() => void) => {
  const sent = ask({
    agent,
    method,
    path: prefix + path,
    headers: { ...headers, ...own },
    // Lenient: see docs/decisions for what is taken, and why that is safe here.
    insecureHTTPParser: true,
    joinDuplicateHeaders: true,
    maxHeaderSize: headLimit
  })
  let failure: Broken | undefined
  let answer: Response | undefined
  let timer: NodeJS.Timeout | undefined
  let open = 1
  const over = () => {
    if (--open > 0) return
    clearTimeout(timer)
    done(answer ?? failure ?? new Broken("reset", "closed"))
  }
  const within = (phase: "headers" | "body") => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      failure = new Broken(`timeout-${phase}`, `${phase} limit`)
      sent.destroy()
    }, limits[phase])
  }
  sent.once("socket", () => within("headers"))
  const read = ({ headers, status }: Head, bytes: Promise<Buffer>, isWhole: (bytes: Buffer) => boolean) => {
    open++
    within("body")
    bytes.then(async (packed) => {
      const { body, isCut } = await textOf(packed, headers["content-encoding"], answerBytes)
      const isSent = sent.writableFinished && !agent.isRetired(sent.socket)
      const isReset = isSent && failure?.reason === "reset"
      const isLate = failure?.reason === "timeout-body"
      const isComplete = isWhole(packed)
      if (!isLate && (isComplete || stands(status, body, isReset)))
        answer = { status, headers, body, truncated: isCut || !isComplete }
      else failure ??= new Broken("reset", "half an answer")
      // Who refuses a request reads no more of it; who takes it may still want the rest.
      if (!sent.writableFinished && status >= 300) sent.destroy()
      over()
    })
  }
  sent.once("response", (response) => {
    const { headers, statusCode: status = 0 } = response
    // One byte beyond what is kept tells that there is more.
    const most = Math.min(lengthOf(headers) ?? Infinity, answerBytes + 1)
    if (isDoubtful(headers)) agent.retire(response.socket)
    const isWhole = (bytes: Buffer) => response.complete || bytes.length >= most
    read({ status, headers: flatten(headers) }, readBytes(response, most), isWhole)
  })
  sent.on("error", (cause) => {
    // Once there is an answer, an error only ends it.
    const found = open === 1 ? salvage(cause) : undefined
    if (found === undefined) failure ??= Broken.of(cause)
    else read(found, Promise.resolve(found.body.subarray(0, answerBytes + 1)), () => found.isWhole)
  })
  // Once it has told of this, the agent takes the connection back.
  sent.once("close", () => queueMicrotask(over))
  sent.end(body)
  return () => {
    clearTimeout(timer)
    sent.destroy()
  }
}

/**
 * Whether an answer stands whose body was cut. A refusal may depend on what the body says: that must be there. One that was
 * cut by a reset, after all was sent, may be no more than a connection that broke off.
 */
const stands = (status: number, body: string, isReset: boolean): boolean => {
  if (outcome(status)._tag === "Rejected") return isJson(body)
  return !isReset || status >= 300
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Where both tell how long a body is, they may differ: what comes next over the connection is in doubt. */
const isDoubtful = (headers: IncomingHttpHeaders): boolean =>
  headers["transfer-encoding"] !== undefined && headers["content-length"] !== undefined

/** Node's parser knows no other coding than chunked and waits for a close, which a length makes needless. */
const lengthOf = (headers: IncomingHttpHeaders): number | undefined => {
  const { "content-length": length, "transfer-encoding": coding } = headers
  if (length === undefined || coding === undefined || /chunked/i.test(coding)) return undefined
  return /^\d+$/.test(length) ? Number(length) : undefined
}

const textOf = async (bytes: Buffer, encoding: string | undefined, most: number) => {
  const plain = encoding === undefined ? bytes : await unpack(bytes, encoding, most + 1)
  return {
    body: plain.toString("utf8", 0, Math.min(plain.length, most)),
    isCut: Math.max(bytes.length, plain.length) > most
  }
}

const flatten = (headers: IncomingHttpHeaders): Response["headers"] => {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ")
  }
  return flat
}
