/**
 * The remote of every subject, in a process of its own: reads each body to its end, answers 202, and counts.
 */
import { createServer } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import process from "node:process"
import { now } from "./now.ts"

/** What was received since it was last asked. */
export interface Received {
  requests: number
  bytes: number
  /** mParticle batches, and the events in them: 0 unless they are to be counted. */
  batches: number
  events: number
  /** When the first request came of a program that was awaited, by the clock of `now`; 0 while none has. */
  firstAt: number
  /** When each event first came, by its id and the clock of `now`; empty unless they are to be timed. */
  arrivals: Record<string, number>
}

/** How to treat requests from now on. */
export interface Orders {
  /** The `authorization` of requests that are answered 401. */
  readonly refused?: string
  /** Counting what is in the bodies takes a parse of each: not while the subjects' time is measured. */
  readonly counting?: boolean
  /** Whether the first arrival of each event is to be noted, which takes a search through each body. */
  readonly timing?: boolean
  /** One request in so many is answered 503. */
  readonly failing?: number
}

const nothing = (): Received => ({ requests: 0, bytes: 0, batches: 0, events: 0, firstAt: 0, arrivals: {} })

let received = nothing()
/** Of a program that was killed, requests are still read after it: they come by connections that were there before. */
let awaitedSince = 0
const openedAt = new WeakMap<Socket, number>()
let orders: Orders = {}

const count = (body: string): void => {
  const batches: ReadonlyArray<{ readonly events: ReadonlyArray<unknown> }> = JSON.parse(body)
  received.batches += batches.length
  for (const { events } of batches) received.events += events.length
}

/** An mParticle batch of one event has the event's id. */
const note = (body: string, at: number): void => {
  for (const [, id] of body.matchAll(/"source_request_id":"([^"]+)"/g)) received.arrivals[id!] ??= at
}

let answered = 0
const statusOf = (isRefused: boolean): number => {
  if (isRefused) return 401
  answered++
  return orders.failing !== undefined && answered % orders.failing === 0 ? 503 : 202
}

const server = createServer((request, response) => {
  const isRefused = orders.refused !== undefined && request.headers.authorization === orders.refused
  const body: Array<Buffer> = []
  const at = now()
  if ((openedAt.get(request.socket) ?? 0) >= awaitedSince) received.firstAt ||= now()
  request.on("data", (chunk: Buffer) => {
    if (isRefused) return
    received.bytes += chunk.length
    if (orders.counting || orders.timing) body.push(chunk)
  })
  request.on("end", () => {
    if (!isRefused) received.requests++
    response.writeHead(statusOf(isRefused)).end()
    if (body.length === 0) return
    const text = Buffer.concat(body).toString()
    if (orders.counting) count(text)
    if (orders.timing) note(text, at)
  })
})

server.on("connection", (socket) => openedAt.set(socket, now()))

process.on("message", (message: "take" | "await" | Orders) => {
  if (typeof message !== "string") {
    orders = message
    return
  }
  if (message === "await") awaitedSince = now()
  process.send?.(received)
  received = nothing()
})
process.on("disconnect", () => process.exit(0))
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port))
