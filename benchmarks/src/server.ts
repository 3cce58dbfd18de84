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
}

/** How to treat requests from now on. */
export interface Orders {
  /** The `authorization` of requests that are answered 401. */
  readonly refused?: string
  /** Counting what is in the bodies takes a parse of each: not while the subjects' time is measured. */
  readonly counting?: boolean
}

const nothing = (): Received => ({ requests: 0, bytes: 0, batches: 0, events: 0, firstAt: 0 })

let received = nothing()
/** Of a program that was killed, requests are still read after it: they come by connections that were there before. */
let awaitedSince = 0
const openedAt = new WeakMap<Socket, number>()
let orders: Orders = {}

const count = (body: ReadonlyArray<Buffer>): void => {
  const batches: ReadonlyArray<{ readonly events: ReadonlyArray<unknown> }> = JSON.parse(
    Buffer.concat(body).toString()
  )
  received.batches += batches.length
  for (const { events } of batches) received.events += events.length
}

const server = createServer((request, response) => {
  const isRefused = orders.refused !== undefined && request.headers.authorization === orders.refused
  const body: Array<Buffer> = []
  if ((openedAt.get(request.socket) ?? 0) >= awaitedSince) received.firstAt ||= now()
  request.on("data", (chunk: Buffer) => {
    if (isRefused) return
    received.bytes += chunk.length
    if (orders.counting) body.push(chunk)
  })
  request.on("end", () => {
    if (!isRefused) received.requests++
    if (body.length > 0) count(body)
    response.writeHead(isRefused ? 401 : 202).end()
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
